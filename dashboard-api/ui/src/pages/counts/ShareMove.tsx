import { ArrowDownRight, ArrowUpRight } from "lucide-react";
import { cx } from "@/lib/cx";
import { counts as text } from "@/strings/counts";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
/** Less than this is noise of rounding. */
const LEAST = 0.0005;

/** How far a share moved, in percentage points; a rise of flagged sessions is what one has to look at. */
export function ShareMove({ by, goodWhen = "down" }: { by: number | null; goodWhen?: "up" | "down" }) {
  if (by === null) return null;
  if (Math.abs(by) < LEAST) return <span className="text-xs whitespace-nowrap text-muted">{text.sameAsBefore}</span>;
  const rises = by > 0;
  const points = text.points(number.format(Math.abs(by) * 100));
  const Arrow = rises ? ArrowUpRight : ArrowDownRight;
  return (
    <span
      title={text.comparedWith}
      className={cx("inline-flex items-center gap-0.5 text-xs font-medium whitespace-nowrap tabular-nums", rises === (goodWhen === "up") ? "text-good" : "text-bad")}
    >
      <Arrow aria-hidden className="size-3.5 shrink-0" />
      <span className="sr-only">{rises ? text.up(points) : text.down(points)}</span>
      <span aria-hidden>{points}</span>
    </span>
  );
}
