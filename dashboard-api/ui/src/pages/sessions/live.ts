/** What live messages say of rows and of the list. */
import type { LiveFinding, SessionUpdate } from "@/live";
import { type Filters, periodOf } from "./filters";
import { higherRisk, type Row } from "./row";

/**
 * A row after a message. Of a session with several windows the list shows the riskiest one, and a message speaks of one window:
 * a lower score changes nothing here; reading the page again does.
 */
export function withUpdate(row: Row, { status, updated_at, verdict }: SessionUpdate): Row {
  if (Date.parse(updated_at) < Date.parse(row.updated_at)) return row;
  const seen = { ...row, status: status as Row["status"], updated_at };
  if (verdict === undefined || verdict.confidence_score < (row.confidence_score ?? 0)) return seen;
  return {
    ...seen,
    event_count: Math.max(row.event_count, verdict.event_count),
    is_bot: verdict.is_bot,
    confidence_score: verdict.confidence_score,
    risk_level: verdict.risk_level,
    effective_risk: higherRisk(row.finding_count > 0 ? row.effective_risk : null, verdict.risk_level),
    effective_score: Math.max(row.finding_count > 0 ? (row.effective_score ?? 0) : 0, verdict.confidence_score),
    class: verdict.class as Row["class"],
    recommended_action: verdict.recommended_action,
    summary: verdict.summary,
    first_reason: verdict.reason?.text ?? null,
  };
}

export function withFinding(row: Row, { risk_level, score, text }: LiveFinding): Row {
  const isStrongest = row.finding_count === 0 || score >= (row.effective_score ?? 0);
  return {
    ...row,
    finding_count: Math.max(1, row.finding_count),
    first_finding: isStrongest ? text : (row.first_finding ?? text),
    effective_risk: higherRisk(row.effective_risk, risk_level),
    effective_score: Math.max(row.effective_score ?? 0, score),
  };
}

const isAmong = <T>(wanted: readonly T[], value: T | undefined): boolean =>
  wanted.length === 0 || (value !== undefined && wanted.includes(value));

const isText = (wanted: string, value: string | undefined): boolean => wanted === "" || wanted === value;

/**
 * Whether a message may be about a session of the list. Which sessions are, the server says; this only spares asking it when
 * there is no point. A finding that raises a session comes as a message of its own.
 */
export function mayBelong(filters: Filters, message: SessionUpdate): boolean {
  const { verdict } = message;
  const { from, to } = periodOf(filters.range);
  const began = Date.parse(message.created_at);
  if ((from !== undefined && began < Date.parse(from)) || (to !== undefined && began >= Date.parse(to))) return false;
  if (!isText(filters.survey, message.survey_id) || !isText(filters.platform, message.platform)) return false;
  if (!isText(filters.respondent, message.respondent_id) || !isAmong(filters.status, message.status)) return false;
  if (!begins(filters.q, message) || !isAmong(filters.class, verdict?.class)) return false;
  if (filters.bots !== null && filters.bots !== verdict?.is_bot) return false;
  // What sessions share is told by findings.
  if (filters.fingerprint !== "") return false;
  if (filters.maxScore !== null && verdict && verdict.confidence_score > filters.maxScore) return false;
  return isAmong(filters.risk, verdict?.risk_level) && (verdict?.confidence_score ?? 0) >= (filters.minScore ?? 0);
}

const begins = (text: string, { session_id, survey_id, respondent_id }: SessionUpdate): boolean =>
  [session_id, survey_id, respondent_id].some((value) => value?.startsWith(text) ?? false);

/** The same of a finding, which says little of its session: its survey and what is shared decide. */
export const mayShare = (filters: Filters, { survey_id, kind, fingerprint }: LiveFinding): boolean =>
  filters.finding !== false && isText(filters.survey, survey_id) && isText(filters.fingerprint, `${kind}:${fingerprint}`);

/** When a session began, from its id (UUIDv7). */
export const beganAt = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
