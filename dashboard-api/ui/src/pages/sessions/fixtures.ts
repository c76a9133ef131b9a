/** Sessions for tests of the list. */
import type { LiveFinding, SessionUpdate } from "@/live";
import type { Row } from "./row";

export const NOW = Date.parse("2026-09-21T14:20:00.000Z");

/** The id of a session that began `seconds` before [`NOW`]; `salt` tells apart those of one second. */
export function idAt(seconds: number, salt = 0): string {
  const time = (NOW - seconds * 1000).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(salt).padStart(4, "0")}${seconds.toString(16).padStart(8, "0")}`;
}

export const aRow = (seconds: number, more: Partial<Row> = {}): Row => ({
  session_id: idAt(seconds),
  status: "completed",
  created_at: new Date(NOW - seconds * 1000).toISOString(),
  updated_at: new Date(NOW - seconds * 1000).toISOString(),
  platform: "qualtrics",
  survey_id: "wave-7",
  respondent_id: `r-${String(seconds)}`,
  event_count: 128,
  is_bot: true,
  confidence_score: 0.7,
  risk_level: "HIGH",
  effective_risk: "HIGH",
  effective_score: 0.7,
  finding_count: 0,
  class: "scripted_bot",
  recommended_action: "exclude",
  summary: "Probably a scripted bot, 70 %.",
  first_reason: "The pointer moved in straight lines.",
  first_finding: null,
  label: null,
  ...more,
});

/** `count` rows, a second apart, the newest `from` seconds old. */
export const rowsFrom = (from: number, count: number): Row[] => Array.from({ length: count }, (_, place) => aRow(from + place));

export const aPage = (sessions: readonly Row[], more: { next_cursor?: string; partial?: boolean; count?: unknown } = {}) => ({
  sessions,
  next_cursor: null,
  partial: false,
  ...more,
});

export const anUpdate = (id: string, more: Partial<SessionUpdate> = {}): SessionUpdate => ({
  type: "session_updated",
  cursor: "c",
  session_id: id,
  survey_id: "wave-7",
  platform: "qualtrics",
  respondent_id: "r-1",
  status: "active",
  window: 1,
  revision: { offset: 5, phase: "running" },
  created_at: new Date(NOW).toISOString(),
  updated_at: new Date(NOW + 1000).toISOString(),
  verdict: {
    is_bot: true,
    confidence_score: 0.93,
    risk_level: "CRITICAL",
    class: "ai_agent",
    recommended_action: "exclude",
    event_count: 200,
    summary: "Probably an AI agent, 93 %.",
    reason: { code: "timing.even", method: "timing", weight: 0.9, text: "Answers came at even intervals." },
  },
  risk_changed: true,
  ...more,
});

export const aFinding = (id: string, more: Partial<LiveFinding> = {}): LiveFinding => ({
  type: "finding",
  cursor: "c",
  session_id: id,
  survey_id: "wave-7",
  kind: "device",
  fingerprint: "0123456789abcdef0123456789abcdef",
  sessions: 4,
  score: 0.88,
  risk_level: "CRITICAL",
  code: "coordination.device",
  text: "3 other sessions have the same device.",
  ...more,
});
