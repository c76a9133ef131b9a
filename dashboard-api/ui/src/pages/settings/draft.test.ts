import { describe, expect, it } from "vitest";
import { differences, documentOf, type Draft, draftOf, effectiveNumbers, isSame, merged, mistakesOf, overlay, serverMistakes } from "@/pages/settings/draft";
import { KNOWN } from "@/pages/settings/fixtures";

const EMPTY: Draft = draftOf({ thresholds: {} });
const draft = (extra: Partial<Draft>): Draft => ({ ...EMPTY, ...extra });

describe("documents", () => {
  it("leaves out what is as the ruleset has it", () => {
    const same = draft({ thresholds: { bot_score: 0.6, min_keys: 30 } });
    expect(documentOf(same, KNOWN)).toEqual({ thresholds: { min_keys: 30 } });
    // Over another ruleset the same number does differ.
    expect(overlay({ ...same, base: "strict-2" }, KNOWN)).toEqual({ bot_score: 0.6, min_keys: 30 });
  });

  it("survives the round trip", () => {
    const full = draft({ base: "strict-2", model: "none", thresholds: { bot_score: 0.5 }, rawEventsDays: 30, sessionsDays: null });
    expect(documentOf(full, KNOWN)).toEqual({ base: "strict-2", model: "none", thresholds: { bot_score: 0.5 }, retention: { raw_events_days: 30 } });
    expect(draftOf(documentOf(full, KNOWN))).toEqual(full);
  });

  it("keeps every number over a ruleset that the server does not know", () => {
    expect(overlay(draft({ base: "gone-1", thresholds: { bot_score: 0.6 } }), KNOWN)).toEqual({ bot_score: 0.6 });
  });
});

describe("differences", () => {
  it("counts what is really another, in the page's order and in words", () => {
    const changed = draft({ model: "none", thresholds: { high_score: 0.7, bot_score: 0.6 }, sessionsDays: 90 });
    expect(differences(EMPTY, changed, KNOWN)).toEqual([
      { key: "model", title: "Learned model", before: "the organisation's", after: "none" },
      { key: "thresholds.high_score", title: "High risk", before: "0.60 (ruleset's)", after: "0.70" },
      { key: "retention.sessions_days", title: "Sessions and verdicts", before: "no wish", after: "90 days" },
    ]);
    expect(isSame(EMPTY, draft({ thresholds: { bot_score: 0.6 } }), KNOWN)).toBe(true);
  });
});

describe("two people", () => {
  it("lays mine over theirs and keeps what only they changed", () => {
    const began = draft({ thresholds: { bot_score: 0.5, min_keys: 30 } });
    const mine = draft({ thresholds: { bot_score: 0.4 }, sessionsDays: 10 });
    const theirs = draft({ model: "trees-1", thresholds: { bot_score: 0.55, min_keys: 30, high_score: 0.7 } });
    // `min_keys` was set back by me, `high_score` and the model are theirs alone.
    expect(merged(began, mine, theirs, KNOWN)).toEqual(draft({ model: "trees-1", thresholds: { bot_score: 0.4, high_score: 0.7 }, sessionsDays: 10 }));
  });
});

describe("mistakes", () => {
  it("names bounds, wholeness, order and days", () => {
    const wrong = draft({ thresholds: { bot_score: 1.2, min_keys: 20.5, medium_score: 0.7 }, rawEventsDays: 0 });
    const mistakes = mistakesOf(wrong, KNOWN);
    expect([...mistakes.keys()].sort()).toEqual(["retention.raw_events_days", "thresholds.bot_score", "thresholds.medium_score", "thresholds.min_keys"]);
    expect(mistakes.get("thresholds.bot_score")).toBe("From 0.00 to 1.00.");
    expect(mistakes.get("thresholds.medium_score")).toBe("Must not be above High risk (0.60).");
    expect(mistakesOf(EMPTY, KNOWN).size).toBe(0);
  });

  it("reads the server's pointers", () => {
    const mistakes = serverMistakes([{ pointer: "/thresholds/bot_score", code: "out_of_range", detail: "too much" }]);
    expect(mistakes.get("thresholds.bot_score")).toBe("too much");
  });

  it("judges by base and what lies over it", () => {
    expect(effectiveNumbers(draft({ base: "strict-2", thresholds: { min_keys: 5 } }), KNOWN)).toMatchObject({ bot_score: 0.45, min_keys: 5, high_score: 0.6 });
  });
});
