import { useEffect, useEffectEvent, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatDateTime } from "@/lib/format";
import { components as text } from "@/strings/components";
import { backgroundOf } from "./colors";
import { plotOptions } from "./timePlotOptions";
import { drawingOf, type TimeSeries } from "./timeSeries";
import { useTheme } from "./useTheme";

export interface TimePlotProps {
  label: string;
  times: readonly number[];
  series: readonly TimeSeries[];
  stacked: boolean;
  height: number;
  format: (value: number) => string;
  onRange: ((from: number, to: number) => void) | undefined;
  syncKey: string | undefined;
}

interface Pointed {
  at: number;
  left: number;
  width: number;
}

/** The canvas of a `TimeChart`, in a file of its own so that uPlot is loaded when a chart is first drawn. */
export default function TimePlot({ label, times, series, stacked, height, format, onRange, syncKey }: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const theme = useTheme();
  const selects = onRange !== undefined;
  /** What makes a new plot; new numbers alone do not. */
  const shape = JSON.stringify([series.map((one) => [one.name, one.kind, one.color]), stacked, height, selects, syncKey, theme]);

  const dataOf = (): uPlot.AlignedData => [
    [...times],
    ...drawingOf(series, times.length, stacked).map((column) => column.values),
  ];

  const onCursor = useEffectEvent((drawn: uPlot) => {
    const { idx, left } = drawn.cursor;
    const inside = idx !== null && idx !== undefined && left !== undefined && left >= 0;
    setPointed(inside ? { at: idx, left: drawn.valToPos(times[idx] ?? 0, "x") + drawn.bbox.left / uPlot.pxRatio, width: drawn.width } : null);
  });
  const create = useEffectEvent((element: HTMLElement): uPlot =>
    new uPlot(
      plotOptions({
        width: Math.max(120, element.clientWidth),
        height,
        times,
        series: drawingOf(series, times.length, stacked).map((column) => column.series),
        stacked,
        format,
        syncKey,
        selects,
        onCursor,
        onSelect: (from, to) => onRange?.(from, to),
      }),
      dataOf(),
      element,
    ),
  );
  const update = useEffectEvent(() => plot.current?.setData(dataOf()));

  useEffect(() => {
    const element = host.current;
    if (!element || !canDraw()) return;
    const drawn = create(element);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: Math.max(120, element.clientWidth), height: drawn.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => update(), [times, series]);

  return (
    <div className="relative">
      <div ref={host} role="img" aria-label={label} className="w-full overflow-hidden" />
      {pointed ? <Reading pointed={pointed} times={times} series={series} format={format} stacked={stacked} /> : null}
    </div>
  );
}

interface ReadingProps {
  pointed: Pointed;
  times: readonly number[];
  series: readonly TimeSeries[];
  format: (value: number) => string;
  stacked: boolean;
}

/** The numbers under the pointer; the table says the same to those without one. */
function Reading({ pointed, times, series, format, stacked }: ReadingProps) {
  const time = times[pointed.at];
  if (time === undefined) return null;
  const rightHalf = pointed.left > pointed.width / 2;
  const total = series.reduce((sum, one) => sum + (one.values[pointed.at] ?? 0), 0);
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-2 z-10 min-w-36 rounded-control border border-line bg-surface px-2.5 py-1.5 text-xs shadow-raised"
      style={rightHalf ? { right: pointed.width - pointed.left + 10 } : { left: pointed.left + 10 }}
    >
      <p className="mb-1 whitespace-nowrap text-muted">{formatDateTime(time * 1000)}</p>
      {series.map((one) => (
        <p key={one.name} className="flex items-center gap-2 whitespace-nowrap">
          <span className={`size-2 shrink-0 rounded-full ${backgroundOf(one.color)}`} />
          <span className="flex-1 text-ink">{one.name}</span>
          <span className="font-medium text-ink tabular-nums">{valueText(one.values[pointed.at], format)}</span>
        </p>
      ))}
      {stacked && series.length > 1 ? (
        <p className="mt-1 flex justify-between gap-4 border-t border-line pt-1 text-muted">
          <span>{text.chart.total}</span>
          <span className="tabular-nums">{format(total)}</span>
        </p>
      ) : null}
    </div>
  );
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? text.noValue : format(value);
}

/** No canvas (a test, a hardened browser): the table remains. */
function canDraw(): boolean {
  return typeof Path2D !== "undefined" && document.createElement("canvas").getContext("2d") !== null;
}
