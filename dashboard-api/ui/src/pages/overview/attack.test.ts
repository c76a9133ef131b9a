import { describe, expect, it } from "vitest";
import { period, surveyItem, verdicts } from "@/pages/counts/fixtures";
import { attacked, measured } from "@/pages/overview/attack";

const before = (total: number, flagged: number) => period({ verdicts: verdicts({ total, bots_flagged: flagged }) });
const names = (rows: { survey: { survey_id: string } }[]) => rows.map(({ survey }) => survey.survey_id);

describe("surveys to look at", () => {
  it("leaves out what is too little to say anything", () => {
    expect(names(attacked([surveyItem("one of two", 2, 1), surveyItem("ten", 10, 1)], "share"))).toEqual(["ten"]);
  });

  it("has the highest share first, and none without flagged sessions", () => {
    const surveys = [surveyItem("low", 100, 5), surveyItem("clean", 100, 0), surveyItem("high", 20, 10)];
    expect(names(attacked(surveys, "share"))).toEqual(["high", "low"]);
  });

  it("finds what rose against the period before", () => {
    const surveys = [
      surveyItem("always", 100, 50, before(100, 50)),
      surveyItem("rose", 100, 20, before(100, 5)),
      surveyItem("fell", 100, 10, before(100, 60)),
      surveyItem("new", 100, 40, before(3, 0)),
    ];
    expect(names(attacked(surveys, "rise"))).toEqual(["rose"]);
    expect(measured(surveys).map((one) => one.rise)).toEqual([0, expect.closeTo(0.15), -0.5, null]);
  });
});
