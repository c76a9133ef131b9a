/** Words of the page of integrations, and of what it shares with Quick start: keys, addresses, snippets. */

const OUTCOMES: Record<string, string> = {
  session_completed: "Session ended",
  noted: "Noted",
  unmatched: "No session named",
};

const KINDS: Record<string, string> = {
  response_completed: "Response completed",
  response_partial: "Partial response",
  response_started: "Response started",
  survey_activated: "Survey switched on",
  survey_deactivated: "Survey switched off",
  other: "Something else",
};

const PLATFORM_NAMES: Record<string, string> = {
  qualtrics: "Qualtrics",
  decipher: "Decipher (Forsta)",
  generic: "Own server",
};

const plain = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

export const outcomeWord = (outcome: string): string => OUTCOMES[outcome] ?? plain(outcome);
export const kindWord = (kind: string): string => KINDS[kind] ?? plain(kind);
export const platformName = (platform: string): string => PLATFORM_NAMES[platform] ?? plain(platform);

export const integrations = {
  title: "Integrations",
  description:
    "Survey platforms tell Candor when a response is over, so that its session is judged at once instead of after half an hour of silence.",
  quickStart: "Quick start",
  parts: "Parts of the page",
  status: "Status",
  log: "Delivery log",
  console: "Test console",
  guides: "Set-up guides",
} as const;

export const status = {
  label: "Integrations",
  revoked: (count: number) => (count === 1 ? "One revoked integration" : `${String(count)} revoked integrations`),
  emptyTitle: "No platform is connected yet",
  emptyText: "A guide for your platform shows every step, with your own addresses and keys filled in.",
  guideFor: (platform: string) => `Guide for ${platform}`,
  test: "Test",
  testOf: (name: string) => `Test ${name}`,
  deliveries: "Deliveries",
  deliveriesOf: (name: string) => `Deliveries of ${name}`,
  guide: "Guide",
  guideOf: (name: string) => `Guide for ${name}`,
  address: "webhook address",
  lastReceived: "Last notice",
  lastMatched: "Ended a session",
  lastUnmatched: "Named no session",
  lastNoted: "Noted only",
  never: "never",
  createdAt: "Made",
  standing: {
    revoked: { word: "Revoked", text: "Its webhooks are refused." },
    no_secret: { word: "No secret", text: "Nothing that is sent to it can be proved. Rotate its secret to give it one." },
    silent: { word: "Waiting", text: "Nothing has come yet. Send a test, or finish the guide." },
    unmatched: {
      word: "Look at it",
      text: "The last completed response named no session, so none was ended. The log says which.",
    },
    noted_only: { word: "Receiving", text: "Notices come; none has told the end of a response yet." },
    working: { word: "Working", text: "Completed responses end their sessions." },
  },
  rotating: "Two secrets are good until the rotation is finished.",
  unproved:
    "Requests that prove nothing leave no trace here; the gateway counts them as ingest_webhooks_total{outcome=\"unproved\"}.",
} as const;

export const keys = {
  title: "Publishable keys",
  description: "Pages begin sessions with them. They are public by nature and can read nothing.",
  caption: "Publishable keys that are accepted now",
  name: "Name",
  id: "Id",
  ends: "Ends with",
  use: "Sessions",
  unnamed: "without a name",
  test: "Trials",
  live: "Counted",
  testHint: "Sessions begun with it are marked as trials.",
  emptyTitle: "No publishable key yet",
  emptyText: "A page needs one to begin sessions. Make it on the machine that runs Candor:",
  command: "Make a publishable key",
  origin: "https://surveys.example.com",
  keyName: "Survey pages",
} as const;

export const log = {
  description: "What platforms have told and proved, newest first. Read again every few seconds.",
  caption: "Deliveries",
  integration: "Integration",
  allIntegrations: "All integrations",
  outcome: "Outcome",
  allOutcomes: "All outcomes",
  range: "Time range",
  at: "Taken",
  what: "What it said",
  became: "Outcome",
  survey: "Survey",
  response: "Response",
  session: "Session",
  more: "Show older",
  shown: (count: string) => `${count} shown`,
  end: "That is all of this period.",
  emptyTitle: "Nothing was delivered in this period",
  emptyText: "A longer period may hold something. Or send a test: it appears here within seconds.",
  emptyFilteredText: "No delivery of this period fits the filters.",
  clear: "Clear filters",
  sendTest: "Send a test",
  details: (at: string) => `, ${at}: details`,
  none: "none",
} as const;

export const delivery = {
  title: "Delivery",
  missingTitle: "This delivery is not in the log",
  missingText: "It may be past retention, or the address is mistyped.",
  receivedAt: "Taken",
  platform: "Platform",
  said: "It said",
  event: "Platform's word",
  noticeId: "Notice id",
  noticeIdCopy: "notice id",
  noticeHint: "The same for a repetition of the same notice: whoever counts must count ids.",
  fields: "Other fields it carried",
  field: "Field",
  value: "Value",
  noFields: "None that may be kept.",
  dropped: (count: number) =>
    count === 1
      ? "One more field was not kept: only numbers, switches and short words are."
      : `${String(count)} more fields were not kept: only numbers, switches and short words are.`,
  openSession: "Open the session",
  explain: {
    session_completed: "It told the end of a response and named a session of this organisation. The session has ended and its final verdict is worked out.",
    noted: "It was stored and did nothing: it did not tell the end of a response.",
    unmatched_named:
      "It told the end of a response. ResponseEventContext held something that is no session of this organisation: look at what the survey writes into that field.",
    unmatched_nothing:
      "It told the end of a response and named no session: the embedded data field ResponseEventContext is missing or was empty.",
    unmatched: "It told the end of a response and named no session of this organisation, so none was ended.",
  },
} as const;

export const console_ = {
  title: "Send a test webhook",
  description:
    "Plays the platform: signs a request with the integration's own secret, sends it through the gateway, and follows it to the delivery log.",
  integration: "Integration",
  event: "What the platform says",
  partial: "Partial response",
  partialHint: "Noted, and changes nothing.",
  completed: "Completed response",
  completedHint: "Ends the session that is named; without one it counts as naming no session.",
  completedDecipherHint: "Ends the session that is named. A Decipher survey tells the end of its own session, so one must be named.",
  session: "Session id",
  sessionHint: "An id of a session of this organisation, from the address of its page.",
  sessionInvalid: "That is no session id: 36 characters, with four hyphens.",
  sessionRequired: "A Decipher survey tells the end of its own session: name one.",
  tamper: "Change the request after it was signed",
  tamperHint: "The gateway must refuse it with 401. Shows that nobody else can speak for the platform.",
  send: "Send test",
  again: "Send again",
  confirmTitle: "End this session?",
  confirmText: (id: string) =>
    `The test tells that the response is complete, so session ${id} ends for good and gets its final verdict.`,
  confirm: "Send and end the session",
  cannotTitle: "This installation cannot send tests",
  cannotText: "The dashboard API does not know where the gateway is. Set CANDOR_GATEWAY_URL to http://host:port and start it again.",
  scopeTitle: "Sending tests needs the scope “operations”",
  scopeText: "Sign in with a key that has it, or ask an operator.",
  noneTitle: "There is no active integration to test",
  noneText: "Make one by a guide first.",
  resultTitle: "What happened",
  idle: "Send a test to see each step: the request, the gateway's answer, and the row in the delivery log.",
  steps: { sent: "Sent by the platform we play", answered: "Answered by the gateway", stored: "Stored in the delivery log" },
  sending: "Sending…",
  waiting: "waiting",
  request: "Request",
  signatureHint: "Of signatures and tokens only the beginning is shown.",
  body: "Body",
  answer: "Answer",
  cut: "The answer was longer; this is its beginning.",
  answeredIn: (status: string, time: string) => `${status} after ${time}`,
  problems: {
    not_reached: "The gateway could not be reached. Is it running, and is CANDOR_GATEWAY_URL right?",
    timed_out: "The gateway did not answer within ten seconds.",
    broke_off: "The gateway's answer broke off.",
  } as Record<string, string>,
  problem: (code: string) => `There is no answer: ${code.replaceAll("_", " ")}.`,
  taken: {
    session_completed: "Taken. It named a session, which has ended.",
    noted: "Taken and noted.",
    unmatched: "Taken. It named no session of this organisation, so none was ended.",
  } as Record<string, string>,
  takenOther: (outcome: string) => `Taken as “${outcome.replaceAll("_", " ")}”.`,
  refusedAsWanted: "Refused, as it must be: the signature does not fit what was sent.",
  refused: "Refused. The answer says why.",
  tamperedButTaken: "Taken although it was changed after signing. This must not happen: tell your operator.",
  stored: "It is there.",
  openDelivery: "Open it in the log",
  notYet: "Not within five seconds: the sink is behind, or does not run.",
  seePipeline: "See pipeline health",
  nothingTaken: "The gateway took nothing, so there is nothing to store.",
} as const;

export const facts = {
  title: "Fill in the snippets",
  description: "Every snippet on this page names what stands here.",
  gateway: "Gateway address",
  gatewayKnown: { server: "Told by this installation.", "this-origin": "The gateway answers at this address, beside the app." },
  gatewayHint: "Where browsers and platforms reach the gateway. An operator can set CANDOR_GATEWAY_PUBLIC_URL so that this is known.",
  gatewayInvalid: "An address without a path, such as https://ingest.example.com",
  gatewayPlain: "Survey pages are served by https and load nothing from http: put the gateway behind TLS before a real survey uses it.",
  key: "Publishable key",
  keyHint: "Paste it here: the server keeps only its hash. It stays in this page's memory and is gone after a reload.",
  keyKnown: (name: string) => `This is the key ${name}.`,
  keyNamed: (name: string) => `“${name}”`,
  keyUnnamed: (hint: string) => `that ends with ${hint}`,
  keyUnknown: "No accepted key of this organisation ends like that. It may be new, revoked, or of another organisation.",
  keyWrong: "A publishable key begins with pk_live_ or pk_test_.",
  keyForbidden: "That was a secret, and it was thrown away. Never put one into a page; if it was copied from one, replace it.",
  survey: "Survey id",
  surveyHint: "As the platform names it. Sessions are counted under it.",
} as const;
