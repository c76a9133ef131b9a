import { expect, it } from "vitest";
import { flightBins } from "@/pages/session/rhythm";

it("counts times between keys, also those that overlap or are very long", () => {
  const bins = flightBins([{ flight: -500 }, { flight: 10 }, { flight: 39 }, { flight: 5000 }, { flight: null }, {}]);
  expect(bins[0]).toEqual({ from: -120, to: -80, count: 1 });
  expect(bins.find(({ from }) => from === 0)!.count).toBe(2);
  expect(bins.at(-1)).toEqual({ from: 760, to: 800, count: 1 });
  expect(flightBins([{ flight: 50 }]).map(({ from, count }) => [from, count])).toEqual([[0, 0], [40, 1]]);
  expect(flightBins([])).toEqual([]);
});
