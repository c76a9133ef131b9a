import type { Schemas } from "@/api/client";
import type { Risk } from "@/strings/words";

export type Label = Schemas["Label"];

/** A session of the list. */
export type Row = Schemas["SessionItem"];

const HEIGHT: Record<Risk, number> = { LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 3 };

/** The higher of two risks. */
export function higherRisk(one: Risk | null | undefined, other: Risk | null | undefined): Risk | null {
  if (!one || !other) return one ?? other ?? null;
  return HEIGHT[one] >= HEIGHT[other] ? one : other;
}

/** The sentence that says most: what is shared with others where that is what raised the risk, else the strongest reason. */
export function reasonOf(row: Row): string | null {
  const raised = row.effective_risk !== row.risk_level && row.first_finding;
  return (raised || row.first_reason || row.first_finding || row.summary) ?? null;
}
