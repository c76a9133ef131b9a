/** Sessions for tests of this page. */
import type { Schemas } from "@/api/client";

type Verdict = Schemas["Verdict"];
type Reason = Schemas["Reason"];

export const SESSION_ID = "019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d";
export const THRESHOLDS = { medium_score: 0.3, high_score: 0.6, critical_score: 0.85, bot_score: 0.6, prior: 0.05 };
export const BEGAN = "2026-09-21T14:13:20.000Z";

export const aReason = (code: string, weight: number, more: Partial<Reason> = {}): Reason => ({
  code,
  method: code.split(".")[0] ?? "",
  weight,
  evidence: {},
  text: `What ${code} says.`,
  ...more,
});

export const aVerdict = (more: Partial<Verdict> = {}): Verdict => ({
  is_bot: true,
  confidence_score: 0.924,
  risk_level: "CRITICAL",
  class: "scripted_bot",
  method_scores: { mouse: 0.92, timing: 0 },
  reasons: [aReason("mouse.teleport", 0.92, { evidence: { far_moves: 22, jump_share: 1 }, text: "22 of 22 moves were not made by a hand." })],
  recommended_action: "exclude",
  event_count: 128,
  processing_time_ms: 0.03,
  versions: { ruleset: "builtin-1", model: "none" },
  data_sufficiency: { sufficient: true, judged: ["mouse", "timing"], too_little: ["focus"], absent: ["keystroke"] },
  summary: "Probably a scripted bot, 92 %.",
  window: 120,
  revision: { generation: 1, offset: 160, phase: "final" },
  judged_at: "2026-09-21T14:20:00.250Z",
  ...more,
});

type Details = Schemas["SessionDetails"];

export const aSession = (more: Partial<Details["session"]> = {}): Details["session"] => ({
  session_id: SESSION_ID,
  status: "completed",
  is_completed: true,
  is_final: true,
  created_at: BEGAN,
  updated_at: "2026-09-21T14:20:00.250Z",
  expires_at: null,
  platform: "qualtrics",
  survey_id: "SV_1",
  respondent_id: "R_9",
  event_count: 128,
  window_count: 1,
  effective_risk: "CRITICAL",
  effective_score: 0.924,
  finding_count: 0,
  verdict: aVerdict(),
  ...more,
});

export const someDetails = (more: Partial<Details> = {}): Details => ({
  session: aSession(),
  windows: [{ window: 120, generation: 1, status: "completed", updated_at: "2026-09-21T14:20:00.250Z", verdict: aVerdict() }],
  revisions: [],
  findings: [],
  event_counts: {},
  event_counts_complete: true,
  timeline: { events: [], next_cursor: null },
  ...more,
});

type TimelineEvent = Schemas["TimelineEvent"];

export const anEvent = (t: number, event_type: string, data: Record<string, unknown> = {}): TimelineEvent => ({
  event_type,
  timestamp: new Date(Date.parse(BEGAN) + t).toISOString(),
  received_at: BEGAN,
  data,
});
