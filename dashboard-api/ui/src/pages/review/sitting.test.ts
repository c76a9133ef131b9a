import { describe, expect, it } from "vitest";
import { parseRisks, queueQuery, withRisks } from "./filter";
import { type Change, EMPTY, nextOpen, openOf, reduce, type Sitting, step } from "./sitting";
import { byStrength } from "./strength";
import type { Reason } from "./queries";

const give = (sitting: Sitting, change: number, label: "human" | "bot", ...ids: string[]) =>
  reduce(sitting, { type: "give", change, label, notes: new Map(ids.map((id) => [id, ""])) });

const changeOf = (sitting: Sitting, number: number, ...ids: string[]): Change => ({
  number,
  before: new Map(ids.map((id) => [id, sitting.given.get(id)])),
});

const labels = (sitting: Sitting) => [...sitting.given].map(([id, { label, isSaved }]) => `${id} ${label}${isSaved ? "" : " saving"}`);

describe("labels of a sitting", () => {
  it("are there at once, and marked when the server has them", () => {
    const given = give(EMPTY, 1, "bot", "a", "b");
    expect(labels(given)).toEqual(["a bot saving", "b bot saving"]);
    expect(labels(reduce(given, { type: "saved", change: 1 }))).toEqual(["a bot", "b bot"]);
  });

  it("are taken back to what stood before", () => {
    const first = give(EMPTY, 1, "human", "a");
    const change = changeOf(first, 2, "a", "b");
    const second = give(first, 2, "bot", "a", "b");
    expect(labels(reduce(second, { type: "take-back", change }))).toEqual(["a human saving"]);
    expect(labels(reduce(second, { type: "take-back", change, only: ["b"] }))).toEqual(["a bot saving"]);
  });

  it("stay when a later one took their place", () => {
    const change = changeOf(EMPTY, 1, "a");
    const second = give(give(EMPTY, 1, "human", "a"), 2, "bot", "a");
    expect(labels(reduce(second, { type: "take-back", change }))).toEqual(["a bot saving"]);
    expect(labels(reduce(second, { type: "saved", change: 1 }))).toEqual(["a bot saving"]);
  });
});

it("goes to the next session without a label, then to those that were passed over", () => {
  const ids = ["a", "b", "c", "d"];
  const { given } = give(EMPTY, 1, "bot", "c");
  expect(nextOpen(ids, "b", given)).toBe("d");
  expect(nextOpen(ids, "d", given)).toBe("a");
  expect(nextOpen(["a"], "a", given)).toBeNull();
  expect(nextOpen(ids, "elsewhere", given)).toBe("a");
  expect(openOf(ids, given)).toEqual(["a", "b", "d"]);
});

it("steps through the queue and stays at its ends", () => {
  expect([step(["a", "b"], "a", 1), step(["a", "b"], "b", 1), step(["a", "b"], "a", -1)]).toEqual(["b", "b", "a"]);
  expect([step(["a", "b"], "elsewhere", -1), step([], null, 1)]).toEqual(["a", null]);
});

it("reads risks from the address and leaves the usual ones out of it", () => {
  expect(parseRisks(null)).toEqual(["HIGH", "CRITICAL"]);
  expect(parseRisks("CRITICAL,LOW,ODD")).toEqual(["LOW", "CRITICAL"]);
  expect(withRisks(new URLSearchParams("session=a&survey=s"), ["CRITICAL", "HIGH"]).toString()).toBe("survey=s");
  expect(withRisks(new URLSearchParams(), ["LOW"]).toString()).toBe("risk=LOW");
});

it("asks for a period up to now without an end", () => {
  const filter = { risks: ["HIGH"], survey: "s", range: { range: "24h" } } as const;
  expect(queueQuery(filter, Date.parse("2026-11-20T10:00:00Z"))).toEqual({ risk: "HIGH", survey: "s", from: "2026-11-19T10:00:00.000Z" });
});

it("groups reasons by strength", () => {
  const reason = (weight: number): Reason => ({ code: `r${weight}`, method: "mouse", weight, evidence: {}, text: "" });
  const groups = byStrength([reason(0.9), reason(0.6), reason(0.1)]).map(([strength, found]) => [strength, found.length]);
  expect(groups).toEqual([["strong", 2], ["weak", 1]]);
});
