import { ArrowDownRight, ArrowUpRight } from "lucide-react";
import { cx } from "@/lib/cx";
import { counts as text } from "@/strings/counts";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
/** Less than this is noise of rounding. */
const LEAST = 0.0005;

/** How far a share moved, in percentage points; a rise of flagged sessions is what one has to look at. */
export function ShareMove({ by, goodWhen = "down" }: { by: number; goodWhen?: "up" | "down" }) {
  if (Math.abs(by) < LEAST) return <span className="text-xs whitespace-nowrap text-muted">{text.sameAsBefore}</span>;
  const rises = by > 0;
  const points = text.points(number.format(Math.abs(by) * 100));
  const Arrow = rises ? ArrowUpRight : ArrowDownRight;
  return (
    <span
      title={text.comparedWith}
      className={cx("inline-flex items-center gap-0.5 align-middle text-xs font-medium whitespace-nowrap tabular-nums", rises === (goodWhen === "up") ? "text-good" : "text-bad")}
    >
      <Arrow aria-hidden className="size-3.5 shrink-0" />
      <span className="sr-only">{rises ? text.up(points) : text.down(points)}</span>
      <span aria-hidden>{points}</span>
    </span>
  );
}

/** The same in a table: what cannot be compared is said to be so. */
export function ShareMoveCell({ by }: { by: number | null }) {
  if (by !== null) return <ShareMove by={by} />;
  return (
    <span title={text.notComparable} className="text-muted">
      {text.noShare}
    </span>
  );
}
