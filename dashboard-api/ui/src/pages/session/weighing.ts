/**
 * How the weights of reasons make a score, for saying what would change it. The formula is the detector's (docs/detection.md):
 * score = 1 - (1 - prior) · Π(1 - weight), at most 0.99. Only what follows from the weights shown is said; where they do not
 * give the score that was stored, nothing is computed.
 */
import type { Schemas } from "@/api/client";
import type { Risk } from "@/strings/words";

type Reason = Schemas["Reason"];
type Verdict = Schemas["Verdict"];

/** Nothing is ever certain: the detector's own bound. */
const HIGHEST = 0.99;
/** The detector keeps no more reasons; with so many, some may be missing. */
const MOST_REASONS = 12;
/** Stored scores have three decimals, weights four. */
const TOLERANCE = 0.006;

/** Scores from which a level begins, as a ruleset says. */
export interface Limits {
  medium: number;
  high: number;
  critical: number;
  bot: number;
  prior: number;
}

/** The limits of a ruleset's thresholds; `null` when one is not known. */
export function limitsOf(thresholds: Record<string, number> | null | undefined): Limits | null {
  const [medium, high, critical, bot, prior] = ["medium_score", "high_score", "critical_score", "bot_score", "prior"].map(
    (name) => thresholds?.[name],
  );
  if (medium === undefined || high === undefined || critical === undefined || bot === undefined || prior === undefined) return null;
  return { medium, high, critical, bot, prior };
}

export function levelOf(score: number, limits: Limits): Risk {
  if (score >= limits.critical) return "CRITICAL";
  if (score >= limits.high) return "HIGH";
  return score >= limits.medium ? "MEDIUM" : "LOW";
}

const doubtOf = (reasons: readonly Reason[]): number => reasons.reduce((doubt, reason) => doubt * (1 - reason.weight), 1);

const scoreOf = (prior: number, reasons: readonly Reason[]): number => Math.min(HIGHEST, 1 - (1 - prior) * doubtOf(reasons));

export interface Outcome {
  score: number;
  level: Risk;
}

export interface Weighing {
  /** The fewest strongest reasons that reach the present level by themselves; empty at the lowest level. */
  carriers: readonly Reason[];
  /** What would be left without the strongest reason. */
  withoutStrongest: Outcome | null;
  /** What would be left without each method that found something, what changes most first. */
  withoutMethod: readonly (Outcome & { method: string; count: number })[];
}

/** `null` when the stored score does not follow from the reasons: then nothing may be computed from them. */
export function weigh(verdict: Verdict, limits: Limits | null): Weighing | null {
  if (limits === null || verdict.reasons.length >= MOST_REASONS) return null;
  const prior = priorOf(verdict, limits);
  if (prior === null) return null;
  const outcome = (reasons: readonly Reason[]): Outcome => {
    const score = scoreOf(prior, reasons);
    return { score, level: levelOf(score, limits) };
  };
  const reasons = [...verdict.reasons].sort((one, other) => other.weight - one.weight);
  const methods = [...new Set(reasons.map((reason) => reason.method))];
  const withoutMethod = methods.map((method) => {
    const others = reasons.filter((reason) => reason.method !== method);
    return { method, count: reasons.length - others.length, ...outcome(others) };
  });
  return {
    carriers: carriersOf(reasons, verdict.risk_level, outcome),
    withoutStrongest: reasons.length > 1 ? outcome(reasons.slice(1)) : null,
    withoutMethod: withoutMethod.sort((one, other) => one.score - other.score),
  };
}

/** The prior that the stored score was made with: the ruleset's, less where strong methods stayed silent. */
function priorOf(verdict: Verdict, limits: Limits): number | null {
  const doubt = doubtOf(verdict.reasons);
  if (verdict.confidence_score >= HIGHEST - TOLERANCE) {
    return scoreOf(limits.prior, verdict.reasons) >= HIGHEST - 2 * TOLERANCE ? limits.prior : null;
  }
  const prior = 1 - (1 - verdict.confidence_score) / doubt;
  // What rounding leaves open grows as the doubt shrinks.
  const slack = TOLERANCE / doubt;
  if (prior < -slack || prior > limits.prior + slack) return null;
  return Math.min(limits.prior, Math.max(0, prior));
}

function carriersOf(reasons: readonly Reason[], level: Risk, outcome: (reasons: readonly Reason[]) => Outcome): readonly Reason[] {
  if (level === "LOW") return [];
  for (let count = 1; count <= reasons.length; count += 1) {
    const few = reasons.slice(0, count);
    if (outcome(few).level === level) return few;
  }
  return reasons;
}

export const STRENGTHS = ["strong", "supporting", "weak"] as const;
export type Strength = (typeof STRENGTHS)[number];

/** Strong would be enough alone, supporting asks for a review alone, weak does neither. */
export function strengthOf(weight: number, limits: Limits | null): Strength {
  if (weight >= (limits?.bot ?? 0.6)) return "strong";
  return weight >= (limits?.medium ?? 0.3) ? "supporting" : "weak";
}
