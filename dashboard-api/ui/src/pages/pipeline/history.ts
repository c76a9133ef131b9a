/** What the page has seen of the pipeline: the API answers how it stands, lines over minutes are made of these answers. */
import type { Schemas } from "@/api/client";

/** As long as the server remembers, too. */
const KEPT_MS = 15 * 60_000;
/** The detector commits every five seconds: a rate over less than two of its commits says nothing. */
const SHORTEST_RATE_MS = 10_000;
const RATE_MS = 30_000;

interface GroupSample {
  lag: number;
  /** Records behind and the committed offset, by partition. */
  partitions: Map<number, { lag: number | null; committed: number | null }>;
}

export interface Sample {
  /** When the cluster was looked at, milliseconds. */
  at: number;
  groups: Map<string, GroupSample>;
  /** Records a second that came to each topic, by the topic's role. */
  rates: Map<string, number | null>;
}

/** The history with one more look; an answer about a look that is known, or an older one, adds nothing. */
export function remember(history: Sample[], report: Schemas["PipelineReport"]): Sample[] {
  const at = Date.parse(report.looked_at ?? "");
  const last = history.at(-1);
  if (Number.isNaN(at) || (last !== undefined && at <= last.at)) return history;
  return [...history.filter((sample) => at - sample.at <= KEPT_MS), sampleOf(report, at)];
}

function sampleOf(report: Schemas["PipelineReport"], at: number): Sample {
  const groups = report.groups.map((group): [string, GroupSample] => [
    group.role,
    {
      lag: group.lag,
      partitions: new Map(group.partitions.map((found) => [found.partition, { lag: found.lag ?? null, committed: found.committed ?? null }])),
    },
  ]);
  const rates = report.topics.map((topic): [string, number | null] => [topic.role, topic.records_per_second ?? null]);
  return { at, groups: new Map(groups), rates: new Map(rates) };
}

export const timesOf = (history: Sample[]): number[] => history.map((sample) => sample.at / 1000);

export const lagLine = (history: Sample[], role: string): (number | null)[] =>
  history.map((sample) => sample.groups.get(role)?.lag ?? null);

export const rateLine = (history: Sample[], topicRole: string): (number | null)[] =>
  history.map((sample) => sample.rates.get(topicRole) ?? null);

export const partitionLine = (history: Sample[], role: string, partition: number): number[] =>
  history.flatMap((sample) => sample.groups.get(role)?.partitions.get(partition)?.lag ?? []);

/**
 * Records a second that a group commits, over the last half minute; `null` while too little was seen, or when its offsets
 * went back. Partitions without a commit at either end are left out.
 */
export function committedRate(history: Sample[], role: string): number | null {
  const last = history.at(-1);
  if (last === undefined) return null;
  const first = history.find((sample) => last.at - sample.at <= RATE_MS);
  const [begin, end] = [first?.groups.get(role), last.groups.get(role)];
  if (first === undefined || begin === undefined || end === undefined || last.at - first.at < SHORTEST_RATE_MS) return null;
  let records = 0;
  for (const [partition, { committed }] of end.partitions) {
    const before = begin.partitions.get(partition)?.committed ?? null;
    if (committed === null || before === null) continue;
    if (committed < before) return null;
    records += committed - before;
  }
  return (records * 1000) / (last.at - first.at);
}
