/** Names of what the API calls by codes. An unknown code (of a newer server) is shown with its underscores as spaces. */

export type Risk = "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";
export const RISKS: readonly Risk[] = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];

export const CLASSES = ["human", "scripted_bot", "ai_agent", "ai_assisted", "declared_agent", "insufficient_data"] as const;
/** Classes that count as bots. */
export const BOT_CLASSES = ["scripted_bot", "ai_agent"] as const;
export const METHODS = [
  "keystroke",
  "mouse",
  "timing",
  "device",
  "network",
  "focus",
  "scroll",
  "answers",
  "coordination",
  "model",
] as const;

const RISK_WORDS: Record<string, string> = { LOW: "Low", MEDIUM: "Medium", HIGH: "High", CRITICAL: "Critical" };

const CLASS_WORDS: Record<string, string> = {
  human: "Looks human",
  scripted_bot: "Scripted bot",
  ai_agent: "AI agent",
  ai_assisted: "AI assisted",
  declared_agent: "Declared agent",
  insufficient_data: "Too little data",
};

const STATUS_WORDS: Record<string, string> = {
  created: "Created",
  active: "Active",
  pending: "Pending",
  completed: "Completed",
  idle: "Left idle",
  max_length: "Longest duration reached",
};

const LABEL_WORDS: Record<string, string> = { human: "Human", bot: "Bot", unsure: "Unsure", none: "Not labelled" };

const METHOD_WORDS: Record<string, string> = {
  keystroke: "Typing rhythm",
  mouse: "Pointer",
  timing: "Timing",
  device: "Device",
  network: "Network",
  focus: "Focus and tabs",
  scroll: "Scrolling",
  answers: "Answers",
  coordination: "Coordination",
  model: "Learned model",
};

const ACTION_WORDS: Record<string, string> = {
  accept: "Accept",
  review: "Review by a person",
  exclude: "Exclude after review",
};

const PLATFORM_WORDS: Record<string, string> = { qualtrics: "Qualtrics", decipher: "Decipher", web: "Web", other: "Other" };

const CAMPAIGN_WORDS: Record<string, string> = {
  device: "Same device",
  trajectory: "Same pointer paths",
  rhythm: "Same typing rhythm",
};

function named(words: Record<string, string>, code: string): string {
  const plain = code.replaceAll("_", " ");
  return words[code] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

export const riskWord = (risk: string): string => named(RISK_WORDS, risk);
export const classWord = (name: string): string => named(CLASS_WORDS, name);
export const statusWord = (status: string): string => named(STATUS_WORDS, status);
export const labelWord = (label: string): string => named(LABEL_WORDS, label);
export const methodWord = (method: string): string => named(METHOD_WORDS, method);
export const actionWord = (action: string): string => named(ACTION_WORDS, action);
export const platformWord = (platform: string): string => named(PLATFORM_WORDS, platform);
export const campaignWord = (kind: string): string => named(CAMPAIGN_WORDS, kind);
