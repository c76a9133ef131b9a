import { describe, expect, it } from "vitest";
import { fit, lastAt, pageBox, pathOf, positionAt } from "@/pages/session/replay/geometry";

const point = (t: number, x: number, y: number) => ({ t, x, y, type: "mouse_move" });

describe("lastAt", () => {
  it("is the last that is not after the time", () => {
    const times = [0, 10, 10, 20];
    expect([-1, 0, 9, 10, 15, 99].map((t) => lastAt(times, t))).toEqual([-1, 0, 0, 2, 2, 3]);
    expect(lastAt([], 5)).toBe(-1);
  });
});

describe("positionAt", () => {
  const path = pathOf([point(100, 50, 0), point(0, 0, 0), point(5000, 55, 0)]);
  it("is on the way between points, and waits through a rest", () => {
    expect(positionAt(path, -1)).toBeNull();
    expect(positionAt(path, 50)).toEqual({ x: 25, y: 0 });
    expect(positionAt(path, 2000)).toEqual({ x: 50, y: 0 });
    expect(positionAt(path, 9999)).toEqual({ x: 55, y: 0 });
  });
});

it("does not glide from touch to touch", () => {
  const touches = [{ t: 0, x: 0, y: 0, type: "touch" }, { t: 50, x: 10, y: 0, type: "touch" }, { t: 1000, x: 500, y: 0, type: "touch" }];
  const path = pathOf(touches);
  expect([25, 500, 1000].map((t) => positionAt(path, t)!.x)).toEqual([5, 10, 500]);
});

describe("pages", () => {
  it("are the viewport and what lies outside, or else what the pointer has covered", () => {
    expect(pageBox([point(0, 10, 10), point(1, 900, 20)], [], { width: 800, height: 600 })).toEqual({ x: 0, y: 0, width: 900, height: 600 });
    expect(pageBox([point(0, 100, 100), point(1, 300, 200)], [], null)).toEqual({ x: 76, y: 76, width: 248, height: 148 });
    expect(pageBox([], [], null)).toBeNull();
  });

  it("fit in the middle of the canvas", () => {
    const { scale, dx, dy } = fit({ x: 0, y: 0, width: 100, height: 50 }, { width: 216, height: 216 });
    expect([scale, dx, dy]).toEqual([2, 8, 58]);
  });
});
