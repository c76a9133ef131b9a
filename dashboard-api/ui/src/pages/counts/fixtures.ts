/** Answers of the API for tests: everything zero but what a test says. */
import type { Schemas } from "@/api/client";
import { CLASSES, METHODS, RISKS } from "@/strings/words";

export const FROM = "2026-11-21T08:00:00Z";
export const TO = "2026-11-22T09:00:00Z";
const BEFORE = "2026-11-20T07:00:00Z";

const zeros = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));

export function verdicts(given: Partial<Schemas["VerdictCounts"]> = {}): Schemas["VerdictCounts"] {
  return {
    total: 0,
    bots_flagged: 0,
    with_findings: 0,
    mean_score: null,
    ...given,
    by_risk: { ...zeros(RISKS), ...given.by_risk },
    by_class: { ...zeros(CLASSES), ...given.by_class },
    by_method: { ...zeros(METHODS), ...given.by_method },
  };
}

export const sessions = (total: number, active = 0): Schemas["SessionCounts"] => ({
  total,
  active,
  completed: total - active,
  idle: 0,
  max_length: 0,
});

export const period = (given: Partial<Schemas["PeriodCounts"]> = {}): Schemas["PeriodCounts"] => ({
  from: BEFORE,
  to: FROM,
  sessions: sessions(0),
  verdicts: verdicts(),
  events: 0,
  ...given,
});

export const overview = (given: Partial<Schemas["Overview"]> = {}): Schemas["Overview"] => ({
  ...period(),
  from: FROM,
  to: TO,
  latest_update: null,
  previous: period(),
  ...given,
});

export const bucket = (at: string, total: number, given: Partial<Schemas["VerdictCounts"]> = {}): Schemas["TrendBucket"] => ({
  at,
  sessions: sessions(total),
  verdicts: verdicts({ total, ...given }),
  events: 0,
});

export const trend = (buckets: Schemas["TrendBucket"][] = [bucket(FROM, 0)]): Schemas["Trend"] => ({
  from: FROM,
  to: TO,
  bucket: "hour",
  buckets,
});

export const surveyItem = (
  name: string,
  judged: number,
  flagged: number,
  previous?: Schemas["PeriodCounts"],
): Schemas["SurveyItem"] => ({
  survey_id: name,
  last_active: "2026-11-20T10:00:00Z",
  sessions: sessions(judged),
  verdicts: verdicts({ total: judged, bots_flagged: flagged, by_risk: { LOW: judged - flagged, CRITICAL: flagged } }),
  quality: judged === 0 ? null : (judged - flagged) / judged,
  previous: previous ?? period(),
});

export const surveyPage = (surveys: Schemas["SurveyItem"][], next: string | null = null): Schemas["SurveyPage"] => ({
  from: FROM,
  to: TO,
  surveys,
  next_cursor: next,
  partial: false,
});

export const campaign = (given: Partial<Schemas["Campaign"]> = {}): Schemas["Campaign"] => ({
  kind: "device",
  fingerprint: "0f3a",
  survey_id: "wave-7",
  sessions: 12,
  first_at: FROM,
  last_at: TO,
  score: 0.9,
  risk_level: "CRITICAL",
  code: "coordination.same_device",
  ...given,
});

export const session = (id: string, given: Partial<Schemas["SessionItem"]> = {}): Schemas["SessionItem"] => ({
  session_id: id,
  status: "completed",
  created_at: FROM,
  updated_at: FROM,
  platform: null,
  survey_id: "wave-7",
  respondent_id: "R-1",
  event_count: 10,
  is_bot: true,
  confidence_score: 0.9,
  risk_level: "CRITICAL",
  effective_risk: "CRITICAL",
  effective_score: 0.9,
  finding_count: 0,
  class: "scripted_bot",
  recommended_action: "exclude",
  summary: null,
  first_reason: "Every page took the same time.",
  first_finding: null,
  ...given,
});

export const update = (survey: string) =>
  ({
    type: "analysis_complete",
    cursor: "c1",
    session_id: "s1",
    survey_id: survey,
    status: "completed",
    window: 0,
    revision: { offset: 1, phase: "final" },
    created_at: FROM,
    updated_at: FROM,
    risk_changed: true,
  }) as const;
