/** Which surveys deserve a look first: by the share of flagged sessions, or by how much it rose. */
import { flaggedShare, moved, type Verdicts } from "@/pages/counts/measures";

/** A share of fewer verdicts says too little: one of two is 50 %. */
export const LEAST_VERDICTS = 10;
const MOST_SHOWN = 8;

export type AttackOrder = "share" | "rise";

export interface Counted {
  survey_id: string;
  verdicts: Verdicts;
  /** The counts of the period before. */
  previous: { verdicts: Verdicts };
}

export interface Attacked<Survey> {
  survey: Survey;
  share: number;
  /** In parts of 1; `null` when the period before says too little. */
  rise: number | null;
}

export function measured<Survey extends Counted>(surveys: readonly Survey[]): Attacked<Survey>[] {
  return surveys
    .filter((survey) => survey.verdicts.total >= LEAST_VERDICTS)
    .map((survey) => {
      const before = survey.previous.verdicts;
      const known = before.total >= LEAST_VERDICTS ? flaggedShare(before) : null;
      const share = flaggedShare(survey.verdicts) ?? 0;
      return { survey, share, rise: moved(share, known) };
    });
}

/** The first few; surveys without flagged sessions, or without a rise, are not among them. */
export function attacked<Survey extends Counted>(surveys: readonly Survey[], order: AttackOrder): Attacked<Survey>[] {
  const measure = (one: Attacked<Survey>): number => (order === "share" ? one.share : (one.rise ?? 0));
  return measured(surveys)
    .filter((one) => measure(one) > 0)
    .sort((one, other) => measure(other) - measure(one) || one.survey.survey_id.localeCompare(other.survey.survey_id))
    .slice(0, MOST_SHOWN);
}
