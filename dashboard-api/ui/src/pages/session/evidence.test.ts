import { expect, it } from "vitest";
import { measuredOf } from "@/pages/session/evidence";

it("gives measured numbers names and units, also those of a newer detector", () => {
  const evidence = { far_moves: 22, jump_share: 0.95, mean_hold_ms: 2.3478, median_hold_ms: 81, expected_by_chance_log10: -7.52, new_gap_ms: 12, spread_of_skew: 0.1234 };
  expect(measuredOf(evidence).map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "moves over 100 px: 22",
    "without movement: 95%",
    "mean hold: 2.35 ms",
    "median hold: 81 ms",
    "expected by chance, power of ten: 10^-7.52",
    "new gap: 12 ms",
    "spread of skew: 0.123",
  ]);
});
