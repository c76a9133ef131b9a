import { cx } from "@/lib/cx";
import { formatCount } from "@/lib/format";
import { components as text } from "@/strings/components";
import { ChartTable } from "./ChartTable";
import { backgroundOf, type ChartColor } from "./colors";
import { roundUp, shareOf } from "./scale";

export interface StripGroup {
  name: string;
  color: ChartColor;
  p10: number;
  p25: number;
  p50: number;
  p75: number;
  p90: number;
  count: number;
}

export interface StripRow {
  label: string;
  groups: readonly StripGroup[];
}

export interface BoxStripProps {
  label: string;
  rows: readonly StripRow[];
  format: (value: number) => string;
  /** The end of the scale; a round number above all values by default. */
  max?: number | undefined;
}

const QUANTILES = ["p10", "p25", "p50", "p75", "p90"] as const;

/** How values spread in groups, side by side: for example times on a page of people and of bots. */
export function BoxStrip({ label, rows, format, max }: BoxStripProps) {
  const groups = rows.flatMap((row) => row.groups);
  if (groups.length === 0) return <p className="py-2 text-[13px] text-muted">{text.chart.none}</p>;
  const end = max ?? roundUp(Math.max(...groups.map((group) => group.p90)));
  return (
    <figure className="min-w-0 text-xs">
      <Key groups={groups} />
      <div role="img" aria-label={label} className="flex flex-col gap-2.5">
        {rows.map((row, index) => (
          <div key={`${row.label}-${index}`} className="grid gap-x-3 gap-y-1 sm:grid-cols-[minmax(5rem,11rem)_minmax(0,1fr)] sm:items-center">
            <span className="truncate text-[13px] text-ink" title={row.label}>{row.label}</span>
            <div className="flex flex-col gap-1">
              {row.groups.map((group) => <Strip key={group.name} group={group} end={end} format={format} />)}
            </div>
          </div>
        ))}
        <div aria-hidden className="flex justify-between border-t border-line pt-1 text-muted tabular-nums sm:ml-[min(11.75rem,100%)]">
          <span>{format(0)}</span>
          <span>{format(end / 2)}</span>
          <span>{format(end)}</span>
        </div>
      </div>
      <ChartTable
        label={label}
        head={[text.chart.name, text.chart.group, ...QUANTILES.map((each) => text.chart.quantiles[each]), text.chart.count]}
        rows={() => rows.flatMap((row) => row.groups.map((group) => [row.label, group.name, ...QUANTILES.map((each) => format(group[each])), formatCount(group.count)]))}
      />
    </figure>
  );
}

function Key({ groups }: { groups: readonly StripGroup[] }) {
  const colors = new Map(groups.map((group) => [group.name, group.color]));
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
      {[...colors].map(([name, color]) => (
        <span key={name} className="inline-flex items-center gap-1.5">
          <span aria-hidden className={cx("size-2.5 rounded-xs", backgroundOf(color))} />
          <span className="text-ink">{name}</span>
        </span>
      ))}
      <span>{text.chart.stripKey}</span>
    </div>
  );
}

function Strip({ group, end, format }: { group: StripGroup; end: number; format: (value: number) => string }) {
  const at = (value: number) => `${shareOf(value, end) * 100}%`;
  const wide = (from: number, to: number) => `${(shareOf(to, end) - shareOf(from, end)) * 100}%`;
  const color = backgroundOf(group.color);
  const words = `${group.name}: ${text.chart.quantiles.p50} ${format(group.p50)}, ${text.chart.interval(format(group.p10), format(group.p90))}`;
  return (
    <div title={words} className="relative h-3 rounded-sm bg-sunken">
      <span className={cx("absolute top-1/2 h-px -translate-y-1/2", color)} style={{ left: at(group.p10), width: wide(group.p10, group.p90) }} />
      <span className={cx("absolute inset-y-0.5 min-w-0.5 rounded-xs opacity-60", color)} style={{ left: at(group.p25), width: wide(group.p25, group.p75) }} />
      <span className="absolute inset-y-0 w-0.5 -translate-x-1/2 rounded-full bg-ink" style={{ left: at(group.p50) }} />
    </div>
  );
}
