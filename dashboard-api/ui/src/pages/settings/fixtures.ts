/** Answers of the API for this page's tests. */
import type { PreviewAnswer, Ruleset, Rulesets, SettingsAnswer, Threshold } from "@/pages/settings/queries";

const threshold = (name: string, value: number, extra: Partial<Threshold> = {}): Threshold => ({
  name,
  meaning: `what ${name} decides`,
  unit: "score",
  least: 0,
  most: 1,
  whole: false,
  default: value,
  ...extra,
});

export const THRESHOLDS: Threshold[] = [
  threshold("bot_score", 0.6),
  threshold("medium_score", 0.3),
  threshold("high_score", 0.6),
  threshold("critical_score", 0.85),
  threshold("min_keys", 20, { least: 2, most: 10_000, whole: true, unit: "keys" }),
];

const NUMBERS = Object.fromEntries(THRESHOLDS.map((one) => [one.name, one.default]));

export const ruleset = (version: string, extra: Partial<Ruleset> = {}): Ruleset => ({
  version,
  builtin: version === "builtin-1",
  from_settings: false,
  is_default: version === "builtin-1",
  differs: [],
  surveys: [],
  survey_count: 0,
  thresholds: NUMBERS,
  ...extra,
});

export const KNOWN: Rulesets = {
  rulesets: [ruleset("builtin-1"), ruleset("strict-2", { thresholds: { ...NUMBERS, bot_score: 0.45 }, differs: ["bot_score"], surveys: ["SV_2"], survey_count: 1 })],
  thresholds: THRESHOLDS,
};

export const settingsAnswer = (version: number, extra: Partial<SettingsAnswer> = {}): SettingsAnswer => ({
  survey_id: "SV_1",
  version,
  settings: { thresholds: {} },
  publication: { state: version === 0 ? "none" : "published", failed_attempts: 0 },
  in_force: { ruleset: "builtin-1", model: "none", thresholds: NUMBERS },
  ...extra,
});

export const PREVIEW: PreviewAnswer = {
  ruleset: "survey-0123456789abcdef0123",
  thresholds: NUMBERS,
  judged: 40,
  has_more: true,
  before: { bots: 5, risks: { LOW: 30, HIGH: 10 }, classes: { human: 35, scripted_bot: 5 } },
  after: { bots: 7, risks: { LOW: 28, HIGH: 12 }, classes: { human: 33, scripted_bot: 7 } },
  risks: { LOW: { LOW: 28, HIGH: 2 }, HIGH: { HIGH: 10 } },
  classes: { human: { human: 33, scripted_bot: 2 }, scripted_bot: { scripted_bot: 5 } },
  changed: 2,
  changes: [
    {
      session_id: "01a20292-e22b-75e3-b32f-2a4cb315f763",
      before: { is_bot: false, confidence_score: 0.5, risk_level: "LOW", class: "human" },
      after: { is_bot: true, confidence_score: 0.62, risk_level: "HIGH", class: "scripted_bot" },
      reasons: [{ code: "typing.clockwork", weight: 0.6, text: "Keys follow each other like a clock." }],
    },
  ],
  not_judged: [{ reason: "no_raw_events", sessions: 3 }],
};
