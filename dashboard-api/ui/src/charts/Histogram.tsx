import { formatCount, formatRate } from "@/lib/format";
import { components as text } from "@/strings/components";
import { cx } from "@/lib/cx";
import { ChartTable } from "./ChartTable";
import { fillOf, type ChartColor } from "./colors";
import { shareOf } from "./scale";

export interface Bin {
  from: number;
  to: number;
  count: number;
}

export interface HistogramProps {
  label: string;
  bins: readonly Bin[];
  /** How the edges of bins are written. */
  format?: ((value: number) => string) | undefined;
  color?: ChartColor | undefined;
  height?: number | undefined;
}

const GAP = 0.06;

export function Histogram({ label, bins, format = formatRate, color = 1, height = 140 }: HistogramProps) {
  const highest = Math.max(0, ...bins.map((bin) => bin.count));
  const first = bins[0];
  const last = bins.at(-1);
  if (first === undefined || last === undefined) return <p className="py-2 text-[13px] text-muted">{text.chart.none}</p>;
  const middle = bins[Math.floor(bins.length / 2)] ?? last;
  return (
    <figure className="min-w-0">
      <div className="flex justify-end text-xs text-muted tabular-nums" aria-hidden>{formatCount(highest)}</div>
      <svg role="img" aria-label={label} viewBox={`0 0 ${bins.length} 100`} preserveAspectRatio="none" className="block w-full border-y border-line" style={{ height }}>
        {bins.map((bin, index) => {
          const tall = shareOf(bin.count, highest) * 100;
          const drawn = bin.count > 0 ? Math.max(tall, 1.5) : 0;
          return (
            <g key={index} className="group">
              <title>{`${text.chart.interval(format(bin.from), format(bin.to))}: ${formatCount(bin.count)}`}</title>
              <rect x={index} y={0} width={1} height={100} className="fill-transparent group-hover:fill-raised" />
              <rect x={index + GAP} y={100 - drawn} width={1 - 2 * GAP} height={drawn} className={cx(fillOf(color), "group-hover:opacity-80")} />
            </g>
          );
        })}
      </svg>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-muted tabular-nums">
        <span>{format(first.from)}</span>
        {bins.length > 2 ? <span>{format(middle.from)}</span> : null}
        <span>{format(last.to)}</span>
      </div>
      <ChartTable
        label={label}
        head={[text.chart.value, text.chart.count]}
        rows={() => bins.map((bin) => [text.chart.interval(format(bin.from), format(bin.to)), formatCount(bin.count)])}
      />
    </figure>
  );
}
