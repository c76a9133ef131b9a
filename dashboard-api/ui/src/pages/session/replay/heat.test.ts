import { expect, it } from "vitest";
import { heatOf } from "@/pages/session/replay/heat";

const point = (t: number, x: number, y: number) => ({ t, x, y, type: "mouse_move" });
const page = { x: 0, y: 0, width: 100, height: 50 };

it("is hottest where the pointer rested, and a break counts no more than a rest", () => {
  const heat = heatOf([point(0, 15, 25), point(1000, 15, 25), point(1100, 85, 25), point(600_000, 85, 25)], page, 10);
  expect([heat.columns, heat.rows]).toEqual([10, 5]);
  const middle = [...heat.cells.slice(20, 30)];
  expect(middle.indexOf(Math.max(...middle))).toBe(8);
  expect(heat.cells[21]!).toBeGreaterThan(0.7);
  expect(heat.cells[25]!).toBeLessThan(heat.cells[21]!);
});

it("is cold without points, and keeps what lies outside at the edge", () => {
  expect(Math.max(...heatOf([], page, 10).cells)).toBe(0);
  const outside = heatOf([point(0, -50, -50), point(100, -50, -50)], page, 10);
  expect(outside.cells[0]).toBeCloseTo(1);
});
