import { lazy, Suspense, useState } from "react";
import { ErrorBoundary } from "@/components/ErrorBoundary";
import { focusRing } from "@/components/classes";
import { Skeleton } from "@/components/Skeleton";
import { cx } from "@/lib/cx";
import { formatDateTime, formatShort } from "@/lib/format";
import { components as text } from "@/strings/components";
import { ChartTable } from "./ChartTable";
import { backgroundOf } from "./colors";
import { hasValues, type TimeSeries } from "./timeSeries";

const TimePlot = lazy(() => import("./TimePlot"));

export interface TimeChartProps {
  /** What the chart shows: its accessible name and the table's caption. */
  label: string;
  /** Seconds since 1970. */
  times: readonly number[];
  series: readonly TimeSeries[];
  stacked?: boolean | undefined;
  height?: number | undefined;
  format?: ((value: number) => string) | undefined;
  /** Dragging across the chart chooses a range, in seconds. */
  onRange?: ((from: number, to: number) => void) | undefined;
  /** Charts with the same key share their cursor. */
  syncKey?: string | undefined;
}

export function TimeChart({ label, times, series, stacked = false, height = 220, format = formatShort, onRange, syncKey }: TimeChartProps) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const shown = series.filter((one) => !hidden.includes(one.name));
  function toggle(name: string) {
    setHidden(hidden.includes(name) ? hidden.filter((each) => each !== name) : [...hidden, name]);
  }

  return (
    <figure className="min-w-0">
      {series.length > 1 ? <Legend label={label} series={series} hidden={hidden} onToggle={toggle} /> : null}
      {/* The height is held by a wrapper, so that nothing moves while the plot is loaded. */}
      <div style={{ minHeight: height }} title={onRange ? text.chart.zoomHint : undefined}>
        {times.length > 0 && hasValues(series) ? (
          <ErrorBoundary resetKey={times}>
            <Suspense fallback={<PlotSkeleton height={height} />}>
              <TimePlot label={label} times={times} series={shown} stacked={stacked} height={height} format={format} onRange={onRange} syncKey={syncKey} />
            </Suspense>
          </ErrorBoundary>
        ) : (
          <p className="flex items-center justify-center text-[13px] text-muted" style={{ height }}>{text.chart.none}</p>
        )}
      </div>
      <ChartTable
        label={label}
        head={[text.chart.time, ...series.map((one) => one.name)]}
        rows={() => times.map((time, at) => [formatDateTime(time * 1000), ...series.map((one) => cell(one.values[at], format))])}
      />
    </figure>
  );
}

function cell(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? text.noValue : format(value);
}

function PlotSkeleton({ height }: { height: number }) {
  return (
    <div style={{ height }}>
      <Skeleton className="h-full w-full" />
    </div>
  );
}

interface LegendProps {
  label: string;
  series: readonly TimeSeries[];
  hidden: readonly string[];
  onToggle: (name: string) => void;
}

function Legend({ label, series, hidden, onToggle }: LegendProps) {
  return (
    <div role="group" aria-label={text.chart.legend(label)} className="mb-2 flex flex-wrap gap-x-1 gap-y-0.5">
      {series.map((one) => {
        const on = !hidden.includes(one.name);
        return (
          <button
            key={one.name}
            type="button"
            aria-pressed={on}
            onClick={() => onToggle(one.name)}
            className={cx("inline-flex h-6 items-center gap-1.5 rounded-control px-1.5 text-xs hover:bg-raised", on ? "text-ink" : "text-muted line-through", focusRing)}
          >
            <span aria-hidden className={cx("size-2.5 rounded-xs", on ? backgroundOf(one.color) : "border border-strong")} />
            {one.name}
          </button>
        );
      })}
    </div>
  );
}
