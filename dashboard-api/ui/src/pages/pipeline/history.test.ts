import { expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { committedRate, lagLine, partitionLine, rateLine, remember, type Sample, timesOf } from "./history";

type Report = Schemas["PipelineReport"];

const START = Date.parse("2026-11-20T10:00:00Z");

function look(seconds: number, committed: (number | null)[], rate: number | null = 5): Report {
  const partitions = committed.map((offset, partition) => ({
    partition,
    committed: offset,
    end: 1000,
    lag: offset === null ? null : 1000 - offset,
    lag_seconds: 1,
    lag_seconds_at_least: false,
    owner: "one",
  }));
  const lag = partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  return {
    looked_at: new Date(START + seconds * 1000).toISOString(),
    age_seconds: 0,
    database_reachable: true,
    groups: [{ role: "detector", group: "g", topic: "t", state: "stable", workers: 1, lag, members: [], partitions }],
    topics: [{ role: "events", topic: "t", partitions: 1, records_per_second: rate }],
  };
}

const seen = (...looks: Report[]): Sample[] => looks.reduce<Sample[]>(remember, []);

it("keeps each look once, in order, for 15 minutes", () => {
  const history = seen(look(0, [0]), look(0, [0]), look(2, [10]), look(1, [99]), look(890, [20]), look(905, [30]));
  expect(timesOf(history).map((time) => time - START / 1000)).toEqual([890, 905]);
});

it("adds nothing when the cluster was never looked at", () => {
  expect(remember([], { ...look(0, [0]), looked_at: null })).toEqual([]);
});

it("draws lag and rates, with gaps where nothing was known", () => {
  const history = seen(look(0, [100, null], null), look(2, [400, 1000], 7));
  expect(lagLine(history, "detector")).toEqual([900, 600]);
  expect(lagLine(history, "sink")).toEqual([null, null]);
  expect(rateLine(history, "events")).toEqual([null, 7]);
  expect(partitionLine(history, "detector", 1)).toEqual([0]);
});

it("counts what was committed over the last half minute", () => {
  expect(committedRate(seen(look(0, [0]), look(4, [400])), "detector")).toBeNull();
  expect(committedRate(seen(look(0, [0]), look(60, [100]), look(90, [400])), "detector")).toBe(10);
  expect(committedRate(seen(look(0, [0, null]), look(10, [100, 900])), "detector")).toBe(10);
  expect(committedRate(seen(look(0, [500]), look(10, [20])), "detector")).toBeNull();
});
