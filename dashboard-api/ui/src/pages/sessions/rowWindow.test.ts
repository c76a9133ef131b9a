import { expect, it } from "vitest";
import { heightOf, scrolledTo, type Shape, stepOf, TALLEST, windowOf } from "./rowWindow";

const SMALL: Shape = { count: 1000, rowHeight: 40, viewport: 400 };
const HUGE: Shape = { count: 1_000_000, rowHeight: 50, viewport: 500 };

it("draws what is in sight and a little more", () => {
  expect(windowOf(SMALL, 0, 5)).toEqual({ first: 0, end: 16, base: 0, shift: 0 });
  expect(windowOf(SMALL, 4000, 5)).toEqual({ first: 95, end: 116, base: 0, shift: 0 });
  expect(windowOf(SMALL, 39_600, 5)).toEqual({ first: 985, end: 1000, base: 0, shift: 0 });
  expect(windowOf({ ...SMALL, count: 0 }, 0, 5)).toEqual({ first: 0, end: 0, base: 0, shift: 0 });
});

it("a list that became shorter draws its end", () => {
  const { first, end } = windowOf({ ...SMALL, count: 20 }, 4000, 5);
  expect([first, end]).toEqual([14, 20]);
});

it("a million rows fit into what browsers can scroll, to the last one", () => {
  expect(heightOf(HUGE)).toBe(TALLEST);
  const bottom = TALLEST - HUGE.viewport;
  const { end, base, shift } = windowOf(HUGE, bottom, 5);
  expect(end).toBe(1_000_000);
  // The last row ends where the scrolled element does.
  expect(shift + (end - base) * HUGE.rowHeight).toBeCloseTo(TALLEST, 3);
});

it("goes no further than it must to show a row", () => {
  expect(scrolledTo(SMALL, 1000, 30)).toBe(1000);
  expect(scrolledTo(SMALL, 1000, 10)).toBe(400);
  expect(scrolledTo(SMALL, 0, 20)).toBe(440);
  const scrolled = scrolledTo(HUGE, 0, 999_999);
  expect(scrolled).toBeCloseTo(TALLEST - HUGE.viewport, 3);
  const middle = windowOf(HUGE, scrolledTo(HUGE, 0, 500_000), 5);
  expect(middle.first).toBeLessThan(500_000);
  expect(middle.end).toBeGreaterThan(500_000);
});

it("within a step nothing is drawn anew, unless scrolling is scaled", () => {
  expect(stepOf(SMALL, 159)).toBe(0);
  expect(stepOf(SMALL, 161)).toBe(160);
  expect(stepOf(HUGE, 161)).toBe(161);
});
