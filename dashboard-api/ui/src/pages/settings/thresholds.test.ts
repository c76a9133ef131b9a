import { describe, expect, it } from "vitest";
import { KNOWN, PREVIEW, THRESHOLDS } from "@/pages/settings/fixtures";
import { draftOf } from "@/pages/settings/draft";
import { classRows, previewBody, previewName, riskRows, signed } from "@/pages/settings/preview";
import { bandsOf, formatThreshold, grouped, sliderOf, thresholdTitle } from "@/pages/settings/thresholds";

describe("thresholds", () => {
  it("groups those it knows and shows those of a newer server last", () => {
    const [first] = THRESHOLDS;
    const groups = grouped([...THRESHOLDS, { ...first!, name: "brand_new" }]);
    expect(groups.map(({ name }) => name)).toEqual(["risk", "data", "other"]);
    expect(groups.at(-1)?.thresholds.map(({ name }) => name)).toEqual(["brand_new"]);
    expect(thresholdTitle("brand_new")).toBe("Brand new");
  });

  it("covers the usual part of a count by the slider", () => {
    const keys = THRESHOLDS.find(({ name }) => name === "min_keys")!;
    expect(sliderOf(keys, 20)).toEqual({ min: 2, max: 100, step: 1 });
    expect(sliderOf(keys, 1234).max).toBe(1240);
    expect(formatThreshold(1234, keys)).toBe("1,234");
  });

  it("draws bands only when their order is right", () => {
    expect(bandsOf({ medium_score: 0.3, high_score: 0.6, critical_score: 0.85 })?.map(({ from, to }) => [from, to])).toEqual([[0, 0.3], [0.3, 0.6], [0.6, 0.85], [0.85, 1]]);
    expect(bandsOf({ medium_score: 0.7, high_score: 0.6, critical_score: 0.85 })).toBeNull();
  });
});

describe("previews", () => {
  const draft = draftOf({ thresholds: { bot_score: 0.5 }, base: "strict-2" });

  it("asks for what is edited, of yesterday's sessions", () => {
    const now = Date.parse("2026-11-22T08:00:00Z");
    expect(previewBody(draft, KNOWN, "SV_1", { period: "24h", scope: "survey", limit: 200 }, now)).toEqual({
      base: "strict-2",
      thresholds: { bot_score: 0.5 },
      survey: "SV_1",
      limit: 200,
      from: "2026-11-21T08:00:00.000Z",
      to: "2026-11-22T08:00:00.000Z",
    });
  });

  it("has another name once something else would be asked", () => {
    const choice = { period: "24h", scope: "survey", limit: 200 } as const;
    const name = previewName(draft, KNOWN, "SV_1", choice);
    expect(previewName({ ...draft, sessionsDays: 3 }, KNOWN, "SV_1", choice)).toBe(name);
    expect(previewName({ ...draft, thresholds: { bot_score: 0.4 } }, KNOWN, "SV_1", choice)).not.toBe(name);
    expect(previewName(draft, KNOWN, "SV_1", { ...choice, period: "7d" })).not.toBe(name);
  });

  it("counts risks that nobody has, and classes that somebody has", () => {
    expect(riskRows(PREVIEW).map(({ key, before, after }) => [key, before, after])).toEqual([["LOW", 30, 28], ["MEDIUM", 0, 0], ["HIGH", 10, 12], ["CRITICAL", 0, 0]]);
    expect(classRows(PREVIEW).map(({ key }) => key)).toEqual(["human", "scripted_bot"]);
    expect([signed(3), signed(-2), signed(0)]).toEqual(["+3", "−2", "0"]);
  });
});
