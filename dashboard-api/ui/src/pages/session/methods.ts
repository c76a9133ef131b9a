/** Methods of a verdict: what each has found, or why it found nothing. */
import type { Schemas } from "@/api/client";
import { METHODS } from "@/strings/words";

export interface MethodRow {
  method: string;
  state: "judged" | "too_little" | "absent";
  /** 0 to 1; `null` when it did not judge. */
  score: number | null;
  reasons: number;
}

const RANK = { judged: 0, too_little: 1, absent: 2 };

/** Strongest first, then those that found nothing, had too little, saw nothing. A method that nobody mentions is left out. */
export function methodRows(verdict: Schemas["Verdict"]): MethodRow[] {
  const { judged, too_little, absent } = verdict.data_sufficiency;
  const stateOf = (method: string): MethodRow["state"] | null =>
    judged.includes(method) ? "judged" : too_little.includes(method) ? "too_little" : absent.includes(method) ? "absent" : null;
  const names = new Set([...METHODS, ...judged, ...too_little, ...absent, ...Object.keys(verdict.method_scores)]);
  const rows = [...names].flatMap((method): MethodRow[] => {
    const score = verdict.method_scores[method] ?? null;
    const state = stateOf(method) ?? (score === null ? null : "judged");
    const reasons = verdict.reasons.filter((reason) => reason.method === method).length;
    return state === null ? [] : [{ method, state, score, reasons }];
  });
  return rows.sort((one, other) => (other.score ?? 0) - (one.score ?? 0) || RANK[one.state] - RANK[other.state]);
}
