/** How much of the whole a value is, from 0 to 1. */
export function shareOf(value: number, whole: number): number {
  if (!(whole > 0) || !Number.isFinite(value)) return 0;
  return Math.min(1, Math.max(0, value / whole));
}

/** The next round number at or above a value: 1, 2, 2.5 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value - power * 1e-9) ?? 10;
  return step * power;
}

export interface Point {
  x: number;
  y: number;
}

/** Points of a line in a box of the given size; equal values lie in the middle. */
export function linePoints(values: readonly number[], width: number, height: number): Point[] {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, index) => ({ x: index * step, y: span === 0 ? height / 2 : height - ((value - low) / span) * height }));
}
