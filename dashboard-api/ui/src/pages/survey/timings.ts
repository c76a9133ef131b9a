/** Times on pages as the chart wants them. */
import type { Schemas } from "@/api/client";
import type { StripGroup, StripRow } from "@/charts";
import { survey } from "@/strings/survey";

export type Timings = Schemas["SurveyTimings"];
type Spent = Schemas["TimeSpent"] | null | undefined;

const text = survey.timings;

const groupOf = (spent: Spent, name: string, color: StripGroup["color"]): StripGroup[] =>
  spent && spent.count > 0 ? [{ ...spent, name, color }] : [];

/** A row for each page with times of either, in the order in which people come to them. */
export function timingRows(timings: Timings): StripRow[] {
  return timings.pages
    .map(({ page, people, bots }) => ({
      label: page,
      groups: [...groupOf(people, text.people, 1), ...groupOf(bots, text.bots, "risk-critical")],
    }))
    .filter((row) => row.groups.length > 0);
}
