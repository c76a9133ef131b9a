import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "@/lib/cx";
import { formatCount } from "@/lib/format";
import { components as text } from "@/strings/components";
import { focusRingInset, quietTransition, toneText } from "./classes";
import { describeDelta, type Delta } from "./delta";
import { Skeleton } from "./Skeleton";
import { VisuallyHidden } from "./VisuallyHidden";

export interface StatProps {
  label: ReactNode;
  value: ReactNode;
  delta?: Delta | undefined;
  /** The list this number counts; the whole tile is one link then. */
  to?: string | undefined;
  hint?: ReactNode;
  loading?: boolean | undefined;
  /** How the value before is written; counts by default. */
  format?: ((value: number) => string) | undefined;
}

const tile = "flex min-w-0 flex-col gap-0.5 bg-surface px-4 py-3";

export function Stat({ label, value, delta, to, hint, loading = false, format = formatCount }: StatProps) {
  const content = (
    <>
      <span className="text-[13px] text-muted">{label}</span>
      {loading ? (
        <Skeleton className="my-1 h-6 w-20" />
      ) : (
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-xl leading-8 font-semibold tracking-tight text-ink tabular-nums">{value}</span>
          {delta ? <DeltaText delta={delta} format={format} /> : null}
        </span>
      )}
      {hint === undefined ? null : <span className="text-xs text-muted">{hint}</span>}
    </>
  );
  if (to === undefined) return <div className={tile}>{content}</div>;
  return (
    <Link to={to} className={cx(tile, "no-underline hover:bg-raised", focusRingInset, quietTransition)}>
      {content}
    </Link>
  );
}

const arrows = { up: ArrowUpRight, down: ArrowDownRight, same: ArrowRight };

function DeltaText({ delta, format }: { delta: Delta; format: (value: number) => string }) {
  const { direction, tone, words } = describeDelta(delta, format);
  const Arrow = arrows[direction];
  const before = text.stat.before(format(delta.before));
  return (
    <span title={before} className={cx("inline-flex items-center gap-0.5 text-xs font-medium tabular-nums", toneText[tone])}>
      <Arrow aria-hidden className="size-3.5" />
      <VisuallyHidden>{`${text.stat[direction]} `}</VisuallyHidden>
      {words}
      <VisuallyHidden>{`, ${before}`}</VisuallyHidden>
    </span>
  );
}

/** Tiles side by side with one line between them. */
export function StatGrid({ children, className }: { children: ReactNode; className?: string | undefined }) {
  return (
    <div className={cx("grid grid-cols-[repeat(auto-fit,minmax(min(10.5rem,100%),1fr))] gap-px overflow-hidden rounded-card border border-line bg-line", className)}>
      {children}
    </div>
  );
}
