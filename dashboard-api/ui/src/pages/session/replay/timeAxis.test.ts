import { describe, expect, it } from "vitest";
import { around, bounded, clockText, isWhole, panned, showing, ticks, toTime, toX, whole, zoomed } from "@/pages/session/replay/timeAxis";

const DURATION = 60_000;

describe("views", () => {
  it("zoom around a moment that stays in place, and never beyond the session", () => {
    const view = zoomed(whole(DURATION), 2, 15_000, DURATION);
    expect(view).toEqual({ from: 7500, to: 37_500 });
    expect(toX(view, 100, 15_000)).toBe(25);
    expect(zoomed(view, 0.001, 15_000, DURATION)).toEqual({ from: 0, to: DURATION });
    expect(zoomed(view, 1e9, 15_000, DURATION).to - zoomed(view, 1e9, 15_000, DURATION).from).toBeCloseTo(200);
  });

  it("move within the session and follow what is played", () => {
    const view = { from: 10_000, to: 20_000 };
    expect(panned(view, -50_000, DURATION)).toEqual({ from: 0, to: 10_000 });
    expect(panned(view, 5_000_000, DURATION)).toEqual({ from: 50_000, to: 60_000 });
    expect(showing(view, 15_000, DURATION)).toBe(view);
    expect(showing(view, 21_000, DURATION)).toEqual({ from: 20_000, to: 30_000 });
    expect(around(30_000, DURATION)).toEqual({ from: 26_000, to: 34_000 });
    expect(bounded({ from: 0, to: 999_999 }, DURATION)).toEqual({ from: 0, to: DURATION });
    expect([isWhole(view, DURATION), isWhole(whole(DURATION), DURATION)]).toEqual([false, true]);
  });

  it("turn places into times and back", () => {
    const view = { from: 1000, to: 3000 };
    expect(toTime(view, 200, toX(view, 200, 1500))).toBe(1500);
  });
});

it("names round times that have room", () => {
  expect(ticks({ from: 0, to: 60_000 }, 500)).toEqual([0, 15_000, 30_000, 45_000, 60_000]);
  expect(ticks({ from: 150, to: 1000 }, 700)).toEqual([200, 400, 600, 800, 1000]);
});

it("writes times within a session", () => {
  expect([0, 7000, 61_500, 3_723_000].map((time) => clockText(time))).toEqual(["0:00", "0:07", "1:01", "1:02:03"]);
  expect([0, 59_990, 61_550].map((time) => clockText(time, true))).toEqual(["0:00.0", "0:59.9", "1:01.5"]);
});
