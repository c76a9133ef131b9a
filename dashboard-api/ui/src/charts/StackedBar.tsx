import { Link } from "react-router";
import { focusRing } from "@/components/classes";
import { cx } from "@/lib/cx";
import { formatCount, formatPercent } from "@/lib/format";
import { components as text } from "@/strings/components";
import { backgroundOf, type ChartColor } from "./colors";
import { shareOf } from "./scale";

export interface StackedPart {
  key: string;
  label: string;
  value: number;
  color: ChartColor;
  to?: string | undefined;
}

export interface StackedBarProps {
  label: string;
  parts: readonly StackedPart[];
  format?: ((value: number) => string) | undefined;
}

/** One line of parts; the legend below holds their numbers and links. */
export function StackedBar({ label, parts, format = formatCount }: StackedBarProps) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div aria-hidden className="flex h-2.5 gap-px overflow-hidden rounded-full bg-sunken">
        {parts
          .filter((part) => part.value > 0)
          .map((part) => (
            <span
              key={part.key}
              title={`${part.label}: ${text.chart.outOf(format(part.value), formatPercent(shareOf(part.value, total)))}`}
              className={cx("h-full min-w-1", backgroundOf(part.color))}
              style={{ width: `${shareOf(part.value, total) * 100}%` }}
            />
          ))}
      </div>
      <ul aria-label={label} className="flex flex-wrap gap-x-1 gap-y-0.5">
        {parts.map((part) => (
          <li key={part.key}>
            <Part part={part} value={format(part.value)} share={formatPercent(shareOf(part.value, total))} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const partClass = "inline-flex min-h-6 items-center gap-1.5 rounded-control px-1.5 text-xs";

function Part({ part, value, share }: { part: StackedPart; value: string; share: string }) {
  const content = (
    <>
      <span aria-hidden className={cx("size-2.5 shrink-0 rounded-xs", backgroundOf(part.color))} />
      <span className="text-ink">{part.label}</span>
      <span className="font-medium text-ink tabular-nums">{value}</span>
      <span className="text-muted tabular-nums">{share}</span>
    </>
  );
  if (part.to === undefined) return <span className={partClass}>{content}</span>;
  return <Link to={part.to} className={cx(partClass, "no-underline hover:bg-raised", focusRing)}>{content}</Link>;
}
