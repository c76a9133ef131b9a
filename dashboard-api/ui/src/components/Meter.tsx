import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import { toneSolid, type Tone } from "./classes";

export interface MeterProps {
  /** 0 to 1; what lies outside is cut. */
  value: number;
  /** Accessible name. */
  label: string;
  tone?: Tone | undefined;
  className?: string | undefined;
}

export function Meter({ value, label, tone = "accent", className }: MeterProps) {
  const share = Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0));
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={share}
      aria-valuetext={formatPercent(share)}
      className={cx("h-1.5 w-full overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset", className)}
    >
      <div className={cx("h-full rounded-full", toneSolid[tone])} style={{ width: `${share * 100}%` }} />
    </div>
  );
}
