import type { ChartColor } from "./colors";

export interface TimeSeries {
  name: string;
  /** One for each time; null where nothing is known. */
  values: readonly (number | null)[];
  color: ChartColor;
  kind: "line" | "area" | "bars";
}

export type Column = (number | null)[];

/** Each series on top of those before it. Unknown is nothing to stack, unless no series knows anything at that time. */
export function stack(series: readonly TimeSeries[], length: number): Column[] {
  const known = Array.from({ length }, (_, at) => series.some((one) => isKnown(one.values[at])));
  const sums = new Array<number>(length).fill(0);
  return series.map((one) =>
    sums.map((sum, at) => {
      const next = sum + (one.values[at] ?? 0);
      sums[at] = next;
      return known[at] === true ? next : null;
    }),
  );
}

/** The columns to draw, in drawing order: with stacks the highest comes first, so that the lower ones cover its foot. */
export function drawingOf(series: readonly TimeSeries[], length: number, stacked: boolean): { series: TimeSeries; values: Column }[] {
  if (!stacked) return series.map((one) => ({ series: one, values: Array.from({ length }, (_, at) => one.values[at] ?? null) }));
  const sums = stack(series, length);
  return series.map((one, index) => ({ series: one, values: sums[index] ?? [] })).reverse();
}

export function hasValues(series: readonly TimeSeries[]): boolean {
  return series.some((one) => one.values.some(isKnown));
}

export function areWhole(series: readonly TimeSeries[]): boolean {
  return series.every((one) => one.values.every((value) => value === null || Number.isInteger(value)));
}

/** Half a step left and right of the first and last bar, in seconds. */
export function barMargin(times: readonly number[]): number {
  const [first, second] = times;
  return first === undefined || second === undefined ? 1800 : (second - first) / 2;
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}
