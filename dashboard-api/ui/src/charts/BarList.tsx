import type { ReactNode } from "react";
import { Link } from "react-router";
import { toneSolid, focusRing, quietTransition, type Tone } from "@/components/classes";
import { cx } from "@/lib/cx";
import { formatCount } from "@/lib/format";
import { components as text } from "@/strings/components";
import { backgroundOf, type ChartColor } from "./colors";
import { shareOf } from "./scale";

export interface BarItem {
  key: string;
  label: ReactNode;
  value: number;
  to?: string | undefined;
  tone?: Tone | undefined;
  color?: ChartColor | undefined;
  note?: ReactNode;
}

export interface BarListProps {
  label: string;
  items: readonly BarItem[];
  /** The value of a full bar; the largest item's by default. */
  max?: number | undefined;
  format?: ((value: number) => string) | undefined;
}

/** The numbers stand in the rows, so the list is its own table. */
export function BarList({ label, items, max, format = formatCount }: BarListProps) {
  const full = max ?? Math.max(0, ...items.map((item) => item.value));
  if (items.length === 0) return <p className="py-2 text-[13px] text-muted">{text.chart.none}</p>;
  return (
    <ol aria-label={label} className="flex flex-col">
      {items.map((item) => (
        <li key={item.key}>
          {item.to === undefined ? (
            <div className="py-1.5">
              <Bar item={item} full={full} format={format} />
            </div>
          ) : (
            <Link to={item.to} className={cx("-mx-2 block rounded-control px-2 py-1.5 no-underline hover:bg-raised", focusRing, quietTransition)}>
              <Bar item={item} full={full} format={format} />
            </Link>
          )}
        </li>
      ))}
    </ol>
  );
}

function Bar({ item, full, format }: { item: BarItem; full: number; format: (value: number) => string }) {
  const color = item.color === undefined ? (item.tone === undefined ? backgroundOf(1) : toneSolid[item.tone]) : backgroundOf(item.color);
  return (
    <>
      <span className="flex items-baseline justify-between gap-3 text-[13px]">
        <span className="min-w-0 truncate text-ink">{item.label}</span>
        <span className="flex shrink-0 items-baseline gap-2">
          {item.note === undefined ? null : <span className="text-xs text-muted">{item.note}</span>}
          <span className="font-medium text-ink tabular-nums">{format(item.value)}</span>
        </span>
      </span>
      <span aria-hidden className="mt-1 block h-1.5 overflow-hidden rounded-full bg-sunken">
        <span className={cx("block h-full rounded-full", item.value > 0 && "min-w-0.5", color)} style={{ width: `${shareOf(item.value, full) * 100}%` }} />
      </span>
    </>
  );
}
