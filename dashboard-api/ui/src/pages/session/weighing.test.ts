import { describe, expect, it } from "vitest";
import { levelOf, limitsOf, strengthOf, weigh } from "@/pages/session/weighing";
import { aReason, aVerdict, THRESHOLDS } from "@/pages/session/fixtures";

const limits = limitsOf(THRESHOLDS)!;

describe("limitsOf", () => {
  it("needs every limit", () => {
    expect(limits).toEqual({ medium: 0.3, high: 0.6, critical: 0.85, bot: 0.6, prior: 0.05 });
    expect(limitsOf({ medium_score: 0.3 })).toBeNull();
    expect(limitsOf(null)).toBeNull();
  });
});

describe("weigh", () => {
  it("names the fewest reasons that reach the level, and what is left without them", () => {
    const reasons = [aReason("mouse.teleport", 0.92), aReason("mouse.instant_press", 0.2), aReason("answers.speeding", 0.55)];
    const score = 1 - 0.95 * 0.08 * 0.8 * 0.45;
    const weighing = weigh(aVerdict({ confidence_score: score, risk_level: "CRITICAL", reasons }), limits)!;
    expect(weighing.carriers.map(({ code }) => code)).toEqual(["mouse.teleport"]);
    expect(weighing.withoutStrongest!.score).toBeCloseTo(1 - 0.95 * 0.8 * 0.45);
    expect(weighing.withoutStrongest!.level).toBe("HIGH");
    expect(weighing.withoutMethod.map(({ method, level, count }) => [method, level, count])).toEqual([
      ["mouse", "MEDIUM", 2],
      ["answers", "CRITICAL", 1],
    ]);
  });

  it("takes the lower prior of silent methods from the score itself", () => {
    const verdict = aVerdict({ confidence_score: 1 - (1 - 0.0175) * 0.45, risk_level: "MEDIUM", reasons: [aReason("answers.speeding", 0.55)] });
    expect(weigh(verdict, limits)!.withoutMethod[0]!.score).toBeCloseTo(0.0175, 3);
  });

  it("computes from the capped score too", () => {
    const reasons = [aReason("mouse.teleport", 0.99), aReason("device.webdriver", 0.95)];
    const weighing = weigh(aVerdict({ confidence_score: 0.99, risk_level: "CRITICAL", reasons }), limits)!;
    expect(weighing.withoutStrongest!.score).toBeCloseTo(1 - 0.95 * 0.05);
  });

  it("says nothing when the score does not follow from the weights, or limits are not known", () => {
    const strange = aVerdict({ confidence_score: 0.4, risk_level: "MEDIUM", reasons: [aReason("mouse.teleport", 0.92)] });
    expect(weigh(strange, limits)).toBeNull();
    expect(weigh(aVerdict({}), null)).toBeNull();
    expect(weigh(aVerdict({ confidence_score: 0.99, reasons: [aReason("mouse.teleport", 0.5)] }), limits)).toBeNull();
  });
});

it("levels and strengths follow the limits", () => {
  expect([0.1, 0.3, 0.6, 0.85].map((score) => levelOf(score, limits))).toEqual(["LOW", "MEDIUM", "HIGH", "CRITICAL"]);
  expect([0.92, 0.4, 0.2].map((weight) => strengthOf(weight, null))).toEqual(["strong", "supporting", "weak"]);
});
