/** How a session's score went on from verdict to verdict. */
import type { Schemas } from "@/api/client";

type StoredVerdict = Schemas["StoredVerdict"];

export interface RevisionRow {
  stored: StoredVerdict;
  /** Number of the window it judges, from 1. */
  window: number;
  /** By how much the score differs from the verdict before of the same window; `null` for its first. */
  change: number | null;
}

/** Newest first, as the API gives them, each with its change. */
export function revisionRows(revisions: readonly StoredVerdict[], windows: readonly Schemas["Window"][]): RevisionRow[] {
  const numbers = new Map(windows.map(({ window, generation }, index) => [`${generation}:${window}`, index + 1]));
  return revisions.map((stored, index) => {
    const { verdict } = stored;
    const same = (other: StoredVerdict) =>
      other.verdict.window === verdict.window && other.verdict.revision.generation === verdict.revision.generation;
    const before = revisions.slice(index + 1).find(same);
    return {
      stored,
      window: numbers.get(`${verdict.revision.generation}:${verdict.window}`) ?? 1,
      change: before === undefined ? null : verdict.confidence_score - before.verdict.confidence_score,
    };
  });
}
