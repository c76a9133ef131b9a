/** Reasons by how strongly each speaks for automation, as the words of the page have it. */
import type { Reason } from "./queries";

const STRONG = 0.6;
const MODERATE = 0.3;

export const STRENGTHS = ["strong", "moderate", "weak"] as const;
export type Strength = (typeof STRENGTHS)[number];

export function strengthOf({ weight }: Reason): Strength {
  if (weight >= STRONG) return "strong";
  return weight >= MODERATE ? "moderate" : "weak";
}

/** Groups that hold something, the strongest first; the API's order within. */
export const byStrength = (reasons: Reason[]): [Strength, Reason[]][] =>
  STRENGTHS.map((strength): [Strength, Reason[]] => [strength, reasons.filter((reason) => strengthOf(reason) === strength)]).filter(
    ([, found]) => found.length > 0,
  );

const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** The measured numbers behind a reason, each with its name in words. */
export const evidenceOf = (evidence: Record<string, number>): { name: string; value: string }[] =>
  Object.entries(evidence).map(([name, value]) => ({ name: name.replaceAll("_", " "), value: digits.format(value) }));
