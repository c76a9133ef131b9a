import { describe, expect, it } from "vitest";
import { period, surveyItem, verdicts } from "@/pages/counts/fixtures";
import { isServerSort, parseSort, riseOf, sorted } from "@/pages/surveys/sort";

const before = (total: number, flagged: number) => period({ verdicts: verdicts({ total, bots_flagged: flagged }) });
const SURVEYS = [
  surveyItem("a", 100, 10, before(100, 50)),
  surveyItem("b", 20, 10, before(20, 8)),
  surveyItem("none", 0, 0),
  surveyItem("c", 50, 0, before(50, 0)),
];
const order = (sort: Parameters<typeof sorted>[1]) => sorted(SURVEYS, sort).map((survey) => survey.survey_id);

describe("orders of surveys", () => {
  it("leave the API's orders as they are", () => {
    expect(order("activity")).toEqual(["a", "b", "none", "c"]);
    expect(isServerSort("name")).toBe(true);
    expect(isServerSort("flagged")).toBe(false);
  });

  it("put the highest first, and what is not known last", () => {
    expect(order("sessions")).toEqual(["a", "c", "b", "none"]);
    expect(order("flagged")).toEqual(["b", "a", "c", "none"]);
    expect(order("rise")).toEqual(["b", "c", "a", "none"]);
  });

  it("put the lowest share of low risk first", () => {
    expect(order("quality")).toEqual(["b", "a", "c", "none"]);
  });

  it("know no rise without the period before", () => {
    expect(riseOf(surveyItem("new", 10, 5))).toBeNull();
    expect(riseOf(SURVEYS[0]!)).toBeCloseTo(-0.4);
  });

  it("read an address, whatever it says", () => {
    expect(parseSort("rise")).toBe("rise");
    expect(parseSort("nonsense")).toBe("activity");
    expect(parseSort(null)).toBe("activity");
  });
});
