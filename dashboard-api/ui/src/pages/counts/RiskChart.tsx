import { useMemo } from "react";
import { TimeChart } from "@/charts";
import { formatCount } from "@/lib/format";
import type { Range } from "@/lib/range";
import { dragRange } from "@/pages/counts/dragRange";
import { riskSeries, timesOf, type Trend } from "@/pages/counts/riskSeries";
import { counts as text } from "@/strings/counts";

interface Properties {
  trend: Trend;
  onRange: (range: Range) => void;
  height?: number;
  syncKey?: string;
}

/** Sessions by risk over time; dragging chooses the period. */
export function RiskChart({ trend, onRange, height, syncKey }: Properties) {
  const times = useMemo(() => timesOf(trend), [trend]);
  const series = useMemo(() => riskSeries(trend), [trend]);
  return (
    <TimeChart
      label={text.riskLabel}
      times={times}
      series={series}
      stacked
      height={height}
      format={formatCount}
      onRange={(from, to) => onRange(dragRange(from, to, trend))}
      syncKey={syncKey}
    />
  );
}
