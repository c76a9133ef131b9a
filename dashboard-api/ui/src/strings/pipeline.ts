/** Texts of the pipeline page: consumer groups, and dead letters. */

const count = (number: number): string => new Intl.NumberFormat("en").format(number);
const plural = (number: number, one: string, many: string): string => `${count(number)} ${number === 1 ? one : many}`;

export const pipeline = {
  title: "Pipeline health",
  description: "How far each part is behind, who works on it, and which records were set aside.",
  views: "Parts of the pipeline",
  viewGroups: "Consumer groups",
  viewLetters: "Dead letters",
  looked: "Looked at",
  neverLooked: "Not looked at yet",

  brokerTitle: (problem: string) => PROBLEMS[problem] ?? "Kafka cannot be looked at",
  brokerOld: "The figures below are the last ones known, from",
  brokerNone: "There are no figures from before. They appear by themselves once Kafka answers.",
  databaseTitle: "PostgreSQL cannot be read",
  databaseText: "Lists and sessions are not readable while it is away. The sinks wait and go on by themselves when it is back.",
  nothingTitle: "No figures yet",
  nothingText: "Kafka has not told anything about the groups. This page asks again every two seconds.",

  furthest: "Furthest behind",
  eventBatches: "Event batches in",
  verdicts: "Verdicts and findings in",
  detectorWorkers: "Detector workers",
  lettersIn: "Dead letters in",
  aSecond: (rate: string) => `${rate}/s`,
  overTenSeconds: "over the last ten seconds",
  secondLook: "known after the second look",
  noneBehind: "nobody is",
  ageUnknown: "age not known",
  partitionsOf: (number: number) => `for ${plural(number, "partition", "partitions")}`,

  lagChart: "Records behind, by group",
  lagChartNote: "Records that are not committed yet. The detector commits every five seconds, so its line swings while it is up to date.",
  rateChart: "Records a second, by topic",
  rateChartNote: "A record of the events topic is a batch of events, not one event.",
  sinceOpened: "Kept by this page since it was opened, at most 15 minutes.",
  collecting: "The lines begin with the second look, in about two seconds.",

  groups: "Consumer groups",
  role: (role: string) => ROLES[role]?.name ?? plain(role),
  does: (role: string) => ROLES[role]?.does ?? "",
  topicRole: (role: string) => TOPICS[role] ?? plain(role),
  state: { absent: "Not running", empty: "Nobody at work", rebalancing: "Handing out partitions", stable: "At work" },
  upToDate: "Up to date",
  behind: (time: string) => `${time} behind`,
  behindAtLeast: (time: string) => `At least ${time} behind`,
  recordsWait: (lag: number) => plural(lag, "record waits", "records wait"),
  nothingWaits: "No record waits",
  absentText: "The broker knows no such group: this part has never run, or is switched off.",
  emptyText: (lag: number) => (lag === 0 ? "No process is in this group. Start one, or new records wait." : `No process is in this group. ${plural(lag, "record waits", "records wait")} for one.`),
  rebalancingText: "Partitions are being handed out; work goes on when that is done.",
  stableText: "No older record waits than the commits of this group explain.",
  tooEarlyText: "These records were there at the first look. How long they have waited is known within ten seconds.",
  slowText: "Somewhat behind. It is catching up if records out are above records in.",
  lateText: "Far behind. Look whether its workers run, and whether there are as many as the load needs.",
  ownerless: (number: number) => `${plural(number, "partition has", "partitions have")} no worker.`,
  uncommitted: (number: number) => `${plural(number, "partition has", "partitions have")} no commit yet; what waits there is not counted.`,
  lastKnown: (words: string) => `Last known: ${words.charAt(0).toLowerCase()}${words.slice(1)}`,
  lastKnownText: "How it stands now is not known.",
  lastKnownHint: "last known",
  thresholds: "Up to date means at most 10 seconds behind; far behind means more than a minute.",
  lag: "Waiting",
  lagAge: "Oldest waits",
  ratesIn: "Records in",
  ratesOut: "Records out",
  outHint: "committed, over the last 30 seconds",
  notKnown: "not known yet",
  workers: "Workers",
  recent: "Last minutes",
  lagOf: (name: string) => `Records behind of ${name}, last minutes`,
  lagOfPartition: (name: string, partition: number) => `Records behind of ${name}, partition ${partition}, last minutes`,

  partitionsTable: (name: string) => `Partitions of ${name}`,
  partition: "Partition",
  committed: "Committed",
  end: "End",
  worker: "Worker",
  noWorker: "no worker",
  noCommit: "no commit yet",
  atLeast: (time: string) => `at least ${time}`,
  showAll: (number: number) => `Show all ${number} partitions`,
  showWorst: "Show those furthest behind",
  worstShown: (shown: number, all: number) => `The ${shown} of ${all} partitions that are furthest behind.`,

  membersTable: (name: string) => `Workers of ${name}`,
  client: "Client",
  member: "Member id",
  memberId: "member id",
  partitions: "Partitions",
  noPartitions: "none",
  noMembers: "No process is in this group.",
  details: "Partitions and workers",
} as const;

const PROBLEMS: Record<string, string> = {
  unreachable: "Kafka cannot be reached",
  missing_topic: "A topic of this deployment is missing in Kafka",
  refused: "Kafka refused to tell how the groups stand",
};

const ROLES: Record<string, { name: string; does: string }> = {
  detector: { name: "Detector", does: "Reads events and judges sessions" },
  coordination: { name: "Coordination", does: "Finds what sessions have in common" },
  sink: { name: "Verdict store", does: "Writes verdicts to PostgreSQL" },
  raw: { name: "Raw event store", does: "Keeps events for replay and timelines" },
  deliveries: { name: "Delivery log", does: "Writes what platforms have told" },
};

const TOPICS: Record<string, string> = {
  events: "Event batches",
  verdicts: "Verdicts and findings",
  fingerprints: "Fingerprints",
  webhooks: "Webhooks",
  dead_letters: "Dead letters",
};

function plain(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export { count as countWord, plain as plainWord, plural };
