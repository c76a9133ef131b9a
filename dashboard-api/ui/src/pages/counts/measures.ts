/** What counts come to: shares are of the sessions with a verdict, and there is none without any. */
import type { Schemas } from "@/api/client";
import type { Risk } from "@/strings/words";

export type Verdicts = Schemas["VerdictCounts"];

export const ofRisk = (verdicts: Verdicts, risk: Risk): number => verdicts.by_risk[risk] ?? 0;

export const highAndCritical = (verdicts: Verdicts): number => ofRisk(verdicts, "HIGH") + ofRisk(verdicts, "CRITICAL");

export const shareOf = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

export const flaggedShare = (verdicts: Verdicts): number | null => shareOf(verdicts.bots_flagged, verdicts.total);

/** How a number changed against the period before; `undefined` on a new installation, where everything would be "up". */
export const changeAgainst =
  (before: Schemas["PeriodCounts"]) =>
  (now: number, then: number, goodWhen: "down" | "neutral" = "neutral") =>
    before.sessions.total > 0 ? { now, before: then, goodWhen } : undefined;

/** The API's `quality`: the share of low risk. */
export const lowShare = (verdicts: Verdicts): number | null => shareOf(ofRisk(verdicts, "LOW"), verdicts.total);

/** How far a share moved, in parts of 1; `null` when one of both is not known. */
export function moved(now: number | null, before: number | null | undefined): number | null {
  return now === null || before === null || before === undefined ? null : now - before;
}
