import uPlot from "uplot";
import { readVariable, valueOf } from "./colors";
import { areWhole, barMargin, type TimeSeries } from "./timeSeries";

export interface PlotShape {
  width: number;
  height: number;
  times: readonly number[];
  /** In drawing order. */
  series: readonly TimeSeries[];
  stacked: boolean;
  format: (value: number) => string;
  syncKey: string | undefined;
  selects: boolean;
  onCursor: (plot: uPlot) => void;
  onSelect: (from: number, to: number) => void;
}

const FONT = "12px system-ui, sans-serif";
const DAY = 86_400;

/** 24-hour clock; the date stands below where it changes. Columns: step, text, and what is added when a larger unit changes. */
const TIME_LABELS: uPlot.Axis.Values = [
  [DAY * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [DAY * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [DAY, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];

const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

export function plotOptions(shape: PlotShape): uPlot.Options {
  const grid = readVariable("--chart-grid");
  const ink = readVariable("--chart-ink");
  return {
    width: shape.width,
    height: shape.height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: cursorOf(shape),
    scales: {
      x: { time: true, ...(shape.series.some((one) => one.kind === "bars") ? { range: withMargin(barMargin(shape.times)) } : {}) },
      y: { range: fromZero },
    },
    axes: [
      { stroke: ink, font: FONT, values: TIME_LABELS, space: 64, size: 40, grid: { show: false }, ticks: { stroke: grid, width: 1, size: 4 }, border: { show: true, stroke: grid, width: 1 } },
      {
        stroke: ink,
        font: FONT,
        size: labelWidth,
        space: 36,
        values: (_, splits) => splits.map(shape.format),
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        ...(areWhole(shape.series) ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [{}, ...shape.series.map((one) => seriesOptions(one, shape.stacked))],
    hooks: { setCursor: [shape.onCursor], setSelect: [(plot) => tellSelection(plot, shape.onSelect)] },
  };
}

function cursorOf({ syncKey, selects }: PlotShape): uPlot.Cursor {
  return {
    y: false,
    drag: { x: selects, y: false, setScale: false },
    points: { size: 7 },
    ...(syncKey === undefined ? {} : { sync: { key: syncKey, setSeries: false } }),
  };
}

function seriesOptions(one: TimeSeries, stacked: boolean): uPlot.Series {
  const color = valueOf(one.color);
  const base: uPlot.Series = { label: one.name, stroke: color, points: { show: false }, spanGaps: false };
  if (one.kind === "bars") {
    const paths = uPlot.paths.bars?.({ size: [0.8, 48], radius: 0 });
    return { ...base, fill: color, width: 0, ...(paths ? { paths } : {}) };
  }
  if (one.kind === "area") return { ...base, width: stacked ? 1 : 1.75, fill: stacked ? color : withAlpha(color) };
  return { ...base, width: 1.75, points: {} };
}

/** Hex colours of the tokens get two more digits; anything else stays as it is, opaque. */
function withAlpha(color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}2e` : color;
}

function withMargin(margin: number): uPlot.Scale.Range {
  return (_, min, max) => [min - margin, max + margin];
}

function fromZero(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const top = max ?? 0;
  return [Math.min(0, min ?? 0), top <= 0 ? 1 : top * 1.08];
}

function labelWidth(_: uPlot, values: string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((value) => value.length));
  return Math.max(32, longest * 7 + 14);
}

function tellSelection(plot: uPlot, onSelect: (from: number, to: number) => void): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSelect(Math.round(from), Math.round(to));
}
