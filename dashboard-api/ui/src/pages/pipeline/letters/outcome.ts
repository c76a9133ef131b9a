/** What a replay did with each letter that was chosen. The API counts, and names those that failed, twenty at most. */
import type { Letter, ReplayReport } from "../queries";

export type Outcome = "back" | "untouched" | "failed" | "untold";

export interface LetterOutcome {
  letter: Letter;
  outcome: Outcome;
  problem: string | null;
}

export function outcomesOf(chosen: Letter[], report: ReplayReport): LetterOutcome[] {
  const problems = new Map(report.failures.map(({ id, problem }) => [id, problem]));
  // With failures that are not named, no letter is surely back.
  const allNamed = report.failed <= problems.size;
  return chosen.map((letter) => {
    const problem = problems.get(letter.id) ?? null;
    if (problem !== null) return { letter, outcome: "failed", problem };
    if (letter.state === "replayed") return { letter, outcome: "untouched", problem };
    return { letter, outcome: allNamed ? "back" : "untold", problem };
  });
}
