/** Reasons by how strongly each speaks for automation, as the words of the page have it. */
import { STRENGTHS, type Strength, strengthOf } from "@/pages/session/weighing";
import type { Reason } from "./queries";

/** Groups that hold something, the strongest first; the API's order within. */
export const byStrength = (reasons: Reason[]): [Strength, Reason[]][] =>
  STRENGTHS.map((strength): [Strength, Reason[]] => [strength, reasons.filter((reason) => strengthOf(reason.weight, null) === strength)]).filter(
    ([, found]) => found.length > 0,
  );
