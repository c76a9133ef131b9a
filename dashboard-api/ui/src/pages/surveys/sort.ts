/** Orders of the list: the API puts surveys in order of activity or name, the others are made of what was read. */
import type { Schemas } from "@/api/client";
import { flaggedShare, lowShare, moved } from "@/pages/counts/measures";

export const SORTS = ["activity", "name", "sessions", "flagged", "rise", "quality"] as const;
export type Sort = (typeof SORTS)[number];

export type Survey = Schemas["SurveyItem"];

export const parseSort = (text: string | null): Sort => SORTS.find((sort) => sort === text) ?? "activity";

/** Whether the API itself keeps this order over all pages. */
export const isServerSort = (sort: Sort): sort is "activity" | "name" => sort === "activity" || sort === "name";

/** How far the share of flagged sessions moved; `null` when one of both periods has no verdict. */
export const riseOf = (survey: Survey): number | null =>
  moved(flaggedShare(survey.verdicts), flaggedShare(survey.previous.verdicts));

const MEASURES: Record<Exclude<Sort, "activity" | "name">, (survey: Survey) => number | null> = {
  sessions: (survey) => survey.sessions.total,
  flagged: (survey) => flaggedShare(survey.verdicts),
  rise: riseOf,
  // The lowest comes first.
  quality: (survey) => {
    const share = lowShare(survey.verdicts);
    return share === null ? null : -share;
  },
};

/** Highest first; what is not known comes last. What is equal keeps the API's order. */
export function sorted(surveys: readonly Survey[], sort: Sort): Survey[] {
  if (isServerSort(sort)) return [...surveys];
  const measure = MEASURES[sort];
  return surveys
    .map((survey) => ({ survey, value: measure(survey) ?? -Infinity }))
    .sort((one, other) => (one.value === other.value ? 0 : other.value - one.value))
    .map(({ survey }) => survey);
}
