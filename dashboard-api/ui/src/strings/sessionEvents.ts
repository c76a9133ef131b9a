/** Events, their fields and classes of keys, in words. */

const named = (words: Record<string, string>, code: string): string => {
  const plain = code.replaceAll("_", " ");
  return words[code] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
};

const EVENTS: Record<string, string> = {
  mouse_move: "Pointer moved",
  click: "Click",
  scroll: "Scrolled",
  keypress: "Key",
  keystroke: "Key",
  focus: "Came back to the page",
  blur: "Left the page",
  visibility: "Page shown or hidden",
  paste: "Text inserted",
  copy: "Text copied",
  touch: "Touch",
  pointer: "Pointer",
  page_view: "Page shown",
  question_view: "Question shown",
  question_answer: "Question answered",
  device: "Device",
  network: "Connection",
  honeypot: "Hidden field",
  custom: "Event of the survey",
};

const KEYS: Record<string, string> = {
  caps_lock: "Caps Lock",
  arrow: "Arrow key",
  navigation: "Navigation key",
  function: "Function key",
  other: "Other key",
  enter: "Enter",
  tab: "Tab",
};

export const eventWord = (type: string): string => named(EVENTS, type);
export const keyClassWord = (name: string): string => named(KEYS, name);

export const events = {
  fields: {
    x: "x",
    y: "y",
    hold: "held",
    dwell: "held",
    away: "away",
    duration: "after",
    length: "characters",
    dy: "by",
    scroll_y: "to",
    offset: (x: string, y: string) => `${x}, ${y} px from the centre`,
    position: (x: string, y: string) => `at ${x}, ${y}`,
    pixels: (value: string) => `${value} px`,
    characters: (value: string) => `${value} characters`,
    option: (option: string, options: string | null) => (options === null ? `option ${option}` : `option ${option} of ${options}`),
    column: (column: string) => `column ${column}`,
    held: (duration: string) => `held ${duration}`,
    afterDuration: (duration: string) => `after ${duration}`,
    awayFor: (duration: string) => `away for ${duration}`,
    scrolledBy: (value: string) => `by ${value} px`,
    scrolledTo: (value: string) => `to ${value} px`,
    readable: (value: string) => `${value} characters to read`,
    script: "made by script",
    filled: "filled",
    notFilled: "left empty",
    attentionPassed: "attention check passed",
    attentionFailed: "attention check failed",
    repeat: "repeated by holding",
  },
  noTime: "no time",
} as const;

const EVIDENCE: Record<string, string> = {
  far_moves: "moves over 100 px",
  jump_share: "without movement",
  straight_share: "along a straight line",
  swift_share: "too swift",
  centred_share: "at the exact centre",
  clicks: "clicks",
  presses: "presses",
  aligned_share: "in an exact row or column",
  repeated_share: "at an earlier pixel",
  questions: "questions",
  rushed_share: "faster than can be read",
  texts: "texts",
  hurried_share: "right after arriving",
  instant_share: "instant",
  mean_hold_ms: "mean hold",
  median_hold_ms: "median hold",
  interval_variation: "spread of intervals (spread over mean)",
  variation: "spread over mean",
  untrusted_share: "made by script",
  events: "events",
  steps: "steps",
  actions: "actions",
  pastes: "pastes",
  leaves: "times the page was left",
  run: "answers in a row",
  traps: "hidden fields filled",
  checks: "checks failed",
  sessions: "sessions",
  copied_movements: "copied movements",
  movements: "movements",
  most_with_one_session: "most with one session",
  expected_by_chance_log10: "expected by chance, power of ten",
  highest_correlation: "highest correlation",
  minutes: "from the first to the last",
  probability: "the model's probability",
  strokes: "movements judged",
  regularity: "regularity",
  regularity_limit: "limit of people",
  information: "information in the text",
  dependence: "dependence of rhythm on text",
  least_of_people: "least of people",
  intervals: "intervals",
  mean_interval_ms: "mean interval",
  fast_share: "under 35 ms",
  thinking_pauses: "pauses of 1.2 to 15 s",
  bare_click_share: "clicks without movement",
  stops: "stops before presses",
  dead_share: "stopped dead",
  drags: "drags",
  launched_share: "launched at full speed",
  shakes: "sharp turns",
  denied_share: "denied movement",
  moves: "moves",
  same_share: "same on screen and page",
  screen_px: "screen",
  viewport_px: "viewport",
};

/** What a measured number is called; an unknown name of a newer detector with spaces for underscores and without its unit. */
export const evidenceWord = (name: string): string =>
  EVIDENCE[name] ??
  name
    .replace(/_(ms|px|share|log10)$/, "")
    .replaceAll(/[_.]/g, " ");
