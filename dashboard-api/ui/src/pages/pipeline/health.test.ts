import { describe, expect, it } from "vitest";
import { aGroup, aPartition } from "./fixtures";
import { ageWords, byLag, furthestBehind, groupAge, spans, standingOf, withoutCommit, withoutOwner } from "./health";

const waiting = (seconds: number | null, atLeast = false) =>
  aGroup({ partitions: [aPartition(0, { lag: 812, lag_seconds: seconds, lag_seconds_at_least: atLeast }), aPartition(1)] });

describe("a group at work", () => {
  it.each([
    ["nothing waits", aGroup(), "good", "Up to date"],
    ["what waits is within the detector's commits", waiting(7), "good", "Up to date"],
    ["somewhat behind", waiting(12.4), "warn", "12 s behind"],
    ["older than the first look", waiting(40, true), "warn", "At least 40 s behind"],
    ["far behind", waiting(200), "bad", "3 min 20 s behind"],
    ["it was there at the first look, a moment ago", waiting(2, true), "neutral", "812 records wait"],
    ["its age is not known", { ...waiting(null), lag_seconds: null }, "warn", "812 records wait"],
  ])("%s", (_case, group, tone, words) => {
    expect(standingOf(group)).toMatchObject({ tone, words });
  });
});

it.each([
  ["absent", 0, "neutral"],
  ["empty", 0, "warn"],
  ["empty", 4, "bad"],
  ["rebalancing", 4, "info"],
] as const)("a group that is %s with %i waiting is %s", (state, lag, tone) => {
  expect(standingOf(aGroup({ state, partitions: [aPartition(0, { lag })] })).tone).toBe(tone);
});

it("names the group whose oldest record waits longest", () => {
  const sink = { ...waiting(90), role: "sink" };
  expect(furthestBehind([waiting(12), sink, aGroup()])?.role).toBe("sink");
  expect(furthestBehind([aGroup()])).toBeNull();
});

it("says ages in words, and that they are the least they can be", () => {
  expect(groupAge(aGroup())).toBe("No record waits");
  expect(groupAge(waiting(40, true))).toBe("at least 40 s");
  expect(ageWords(aPartition(0))).toBe("");
  expect(ageWords(aPartition(0, { lag: 3, lag_seconds: 4.6 }))).toBe("5 s");
});

it("counts partitions that nobody has, and those without a commit", () => {
  const group = aGroup({ partitions: [aPartition(0, { owner: null }), aPartition(1, { committed: null, lag: null })] });
  expect([withoutOwner(group), withoutCommit(group)]).toEqual([1, 1]);
  expect(withoutOwner({ ...group, state: "rebalancing" })).toBe(0);
});

it("orders partitions by lag and writes numbers as spans", () => {
  const partitions = [aPartition(0), aPartition(1, { lag: 9 }), aPartition(2)];
  expect(byLag(partitions).map(({ partition }) => partition)).toEqual([1, 0, 2]);
  expect(spans([6, 0, 1, 2, 3, 8, 9])).toBe("0–3, 6, 8–9");
  expect(spans([])).toBe("");
});
