/** Where things are: the pointer at a time, and the page on the canvas. */
import type { Press } from "@/pages/session/presence";

export interface Point {
  t: number;
  x: number;
  y: number;
  type: string;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Index of the last of `times` that is not after `t`; -1 when all are. `times` rise. */
export function lastAt(times: ArrayLike<number>, t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The way of a pointer, in order of time, with its times apart for quick search. */
export interface Path {
  points: readonly Point[];
  times: Float64Array;
}

export function pathOf(points: readonly Point[]): Path {
  const sorted = [...points].sort((one, other) => one.t - other.t);
  return { points: sorted, times: Float64Array.from(sorted, ({ t }) => t) };
}

/** Samples of one touch come closer than this. */
const ONE_TOUCH_MS = 120;

/** Whether a pointer went from one point to the next. A finger does not travel between two touches. */
export const isJoined = (before: Point, after: Point): boolean =>
  (before.type !== "touch" && after.type !== "touch") || after.t - before.t <= ONE_TOUCH_MS;

/** A stop longer than this is a stop: the pointer does not glide through it. */
const GLIDE_MS = 400;

/** Where the pointer is at a time: on the straight way between two points, `null` before the first. */
export function positionAt({ points, times }: Path, t: number): { x: number; y: number } | null {
  const index = lastAt(times, t);
  const [before, after] = [points[index], points[index + 1]];
  if (before === undefined) return null;
  if (after === undefined || !isJoined(before, after)) return { x: before.x, y: before.y };
  // Points that say nothing new were left out by the server, so a long way is even; but only the end of a long rest moves.
  const length = after.t - before.t;
  const isRest = length > GLIDE_MS && Math.hypot(after.x - before.x, after.y - before.y) < length * 0.02;
  const share = length <= 0 || isRest ? 0 : (t - before.t) / length;
  return { x: before.x + (after.x - before.x) * share, y: before.y + (after.y - before.y) * share };
}

/** The page that is drawn: the viewport where it is known, and all that happened outside of it. */
export function pageBox(points: readonly Point[], presses: readonly Press[], viewport: { width: number; height: number } | null): Box | null {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const { x, y } of [...points, ...presses]) {
    xs.push(x);
    ys.push(y);
  }
  if (viewport !== null) {
    xs.push(0, viewport.width);
    ys.push(0, viewport.height);
  }
  if (xs.length === 0) return null;
  const [left, right] = extremes(xs);
  const [top, bottom] = extremes(ys);
  const margin = viewport === null ? 24 : 0;
  return { x: left - margin, y: top - margin, width: Math.max(40, right - left) + 2 * margin, height: Math.max(40, bottom - top) + 2 * margin };
}

function extremes(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** From page to canvas: `x * scale + dx`. */
export interface Fit {
  scale: number;
  dx: number;
  dy: number;
}

/** Fits a page into a canvas, in its middle, with some air. */
export function fit(page: Box, canvas: { width: number; height: number }, padding = 8): Fit {
  const [width, height] = [Math.max(1, canvas.width - 2 * padding), Math.max(1, canvas.height - 2 * padding)];
  const scale = Math.min(width / page.width, height / page.height);
  return {
    scale,
    dx: (canvas.width - page.width * scale) / 2 - page.x * scale,
    dy: (canvas.height - page.height * scale) / 2 - page.y * scale,
  };
}
