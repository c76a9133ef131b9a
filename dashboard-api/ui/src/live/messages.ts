/** Messages of the live feed, as docs/live.md and `candor.live.v1` of the AsyncAPI document describe them. */
import type { Risk } from "@/strings/words";

interface Positioned {
  cursor: string;
}

/** Orders the updates of a session; see [`isNewer`]. */
export interface Revision {
  generation?: number;
  offset: number;
  phase: "running" | "requested" | "final";
}

export interface LiveVerdict {
  is_bot: boolean;
  confidence_score: number;
  risk_level: Risk;
  class: string;
  recommended_action: string;
  event_count: number;
  summary: string;
  reason?: { code: string; method: string; weight: number; text: string };
}

export interface SessionUpdate extends Positioned {
  type: "session_updated" | "analysis_complete";
  session_id: string;
  survey_id?: string;
  platform?: string;
  respondent_id?: string;
  status: string;
  window: number;
  revision: Revision;
  created_at: string;
  updated_at: string;
  verdict?: LiveVerdict;
  risk_changed: boolean;
  request_id?: string;
}

export interface LiveFinding extends Positioned {
  type: "finding";
  session_id: string;
  survey_id?: string;
  kind: string;
  fingerprint: string;
  sessions: number;
  score: number;
  risk_level: Risk;
  code: string;
  text: string;
}

export interface LiveStats extends Positioned {
  type: "stats";
  at: string;
  seconds: number;
  verdicts: number;
  verdicts_per_second: number;
  sessions: number;
  bots: number;
  findings: number;
  connections: number;
}

export interface LiveSnapshot extends Positioned {
  type: "snapshot";
  at: string;
  reason: "start" | "too_old" | "unknown_cursor" | "slow" | "replaced";
}

export type LiveMessage = SessionUpdate | LiveFinding | LiveStats | LiveSnapshot;
export type LiveType = LiveMessage["type"];

const TYPES: readonly string[] = ["session_updated", "analysis_complete", "finding", "stats", "snapshot"];

/** Reads a message; `null` for what is none, or of a kind that this version does not know. */
export function parseMessage(text: string): LiveMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { type, cursor } = value as Record<string, unknown>;
    return typeof cursor === "string" && typeof type === "string" && TYPES.includes(type) ? (value as LiveMessage) : null;
  } catch {
    return null;
  }
}

const PHASES = ["running", "requested", "final"];

/** Whether `revision` replaces `shown`: by generation, then offset, then phase. */
export function isNewer(revision: Revision, shown: Revision): boolean {
  const order = (one: Revision): [number, number, number] => [one.generation ?? 0, one.offset, PHASES.indexOf(one.phase)];
  const [given, known] = [order(revision), order(shown)];
  const difference = given.map((part, index) => part - (known[index] ?? 0)).find((part) => part !== 0);
  return (difference ?? 0) > 0;
}
