import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";

export function Skeleton({ className }: { className?: string | undefined }) {
  return <span aria-hidden className={cx("block animate-pulse rounded-control bg-sunken motion-reduce:animate-none", className ?? "h-4 w-full")} />;
}

const widths = ["w-full", "w-11/12", "w-4/5", "w-full", "w-3/5"];

export function SkeletonText({ lines = 3 }: { lines?: number | undefined }) {
  return (
    <div role="status" className="flex flex-col gap-2">
      <span className="sr-only">{text.loading}</span>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} className={cx("h-3.5", widths[line % widths.length])} />
      ))}
    </div>
  );
}
