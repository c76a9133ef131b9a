/** Words of Quick start. Between backticks stands what is typed or named as it is. */

export const quickStart = {
  title: "Quick start",
  description: "From an empty installation to a first verdict. Each step ends by itself as soon as Candor sees that it is done.",
  progress: (done: number, of: number) => `${String(done)} of ${String(of)} steps done`,
  progressLabel: "Steps done",
  steps: "Steps",
  done: "Done",
  current: "Now",
  unreachable: "How far you are could not be read",
  allDone: "Everything works",
  allDoneText: "Sessions are judged and verdicts arrive. Connect a survey platform next, so that sessions end when their responses do.",
  overview: "Go to the overview",
} as const;

export const keyStep = {
  title: "Make a publishable key",
  text: "Pages begin sessions with it; it can read nothing. On the machine that runs Candor, with `CANDOR_KAFKA_BROKERS` set (`candor dev` prints the address):",
  code: "Make a key for trying things out",
  waiting: "Waiting for a key; it is seen here a few seconds after it was made.",
  known: (count: number) => (count === 1 ? "One publishable key is accepted." : `${String(count)} publishable keys are accepted.`),
  list: "See the keys",
} as const;

export const gatewayStep = {
  title: "Know where the gateway is",
  text: "Survey pages and platforms send to the gateway, not to this app.",
  known: (address: string) => `The gateway is at ${address}.`,
} as const;

export const sendStep = {
  title: "Send a first session",
  text: "The survey id is `quick-start`, so that you can tell these sessions from real ones. They count in the overview like any other.",
  way: "How to send",
  ways: { browser: "From this browser", curl: "With curl", page: "From a page" },
  browserText: "Sends some seconds of made-up behaviour through the real gateway. The verdict is whatever the detector makes of it.",
  kind: "What to simulate",
  kinds: { person: "A person", script: "A script" },
  kindHint: {
    person: "A curved pointer, uneven typing with corrections, time to read.",
    script: "No pointer between clicks, keys of even rhythm, answers in no time, an automated browser.",
  },
  send: "Send a simulated session",
  sendAnother: "Send another",
  needsKey: "Paste a publishable key in the first step. The server keeps only its hash, so it cannot fill it in.",
  otherOrigin: (address: string) =>
    `This app may talk to its own origin only, and the gateway is at ${address}. Use curl, or a page of yours.`,
  noGateway: "Say first where the gateway is.",
  curlText: "In any shell. A key that lists origins is refused from a shell, which names none; a key for trying things out lists none.",
  curlCode: "A whole session with curl",
  pageText: "Put this on a page, open it, and move, type and scroll a little. The session ends after half an hour of silence.",
  pageCode: "On a page",
  phases: {
    begin: "Beginning the session…",
    events: (sent: number, of: number) => `Sending events: ${String(sent)} of ${String(of)}…`,
    complete: "Ending the session…",
  },
  sent: (events: number) => `${String(events)} events were acknowledged, and the session has ended.`,
  seen: (count: string) => `The first events have arrived: ${count} in this session.`,
} as const;

/** Why a session could not be sent, by the gateway's codes. */
export const refusals: Record<string, string> = {
  network: "The gateway could not be reached from this page, or its answer may not be read here.",
  credentials_invalid: "The gateway does not know this key. It may be mistyped, revoked, or of another installation.",
  key_expired: "This key has expired. Use another one.",
  origin_refused: "This key lists the pages it may be used from, and this app is none of them. Use a key without origins.",
  survey_refused: "This key is bound to certain surveys, and “quick-start” is none of them. Use a key without surveys.",
  starting: "The gateway is still starting. Try again in a moment.",
  broker_unavailable: "The gateway cannot reach Kafka at the moment. Try again in a moment.",
  rate_limited: "Too many requests at once. Try again in a moment.",
};
export const refusedBy = (code: string, title: string): string => refusals[code] ?? title;

export const verdictStep = {
  title: "See the verdict arrive",
  text: "Running verdicts come while events do, the final one when the session has ended.",
  waiting: "No session yet. As soon as one begins, it appears here.",
  judging: "The session is there; its verdict is being worked out.",
  since: (time: string) => `The verdict was here ${time} after the last acknowledgement.`,
  atOnce: "The verdict was here as soon as the end of the session was acknowledged.",
  session: "Session",
  events: "Events",
  risk: "Risk",
  looks: "Looks like",
  reason: "Strongest reason",
  state: "State",
  final: "final",
  running: "running, may still change",
  open: "Open the session",
  careful: "A verdict is a reason to look, never proof. Few events give few reasons.",
} as const;

export const connectStep = {
  title: "Connect a survey platform",
  text: "The platform tells Candor when a response is over. Each guide shows every step with your addresses filled in.",
  done: "A platform has ended a session.",
  open: "See how it stands",
} as const;

export const feed = {
  title: "Live feed",
  description: "What happens in your organisation, within a second.",
  label: "Newest messages",
  empty: "Nothing yet. It begins with the first session.",
  unlabelled: "no survey",
  noVerdict: "begun",
  offline: "The live feed is not connected; this page is read again every few seconds.",
} as const;
