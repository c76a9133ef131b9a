import { ArrowDown, ArrowUp } from "lucide-react";
import { focusRing } from "@/components";
import { cx } from "@/lib/cx";
import type { Sort } from "@/pages/surveys/sort";
import { surveys as text } from "@/strings/surveys";

/** Orders that begin with the lowest, or with A. */
const UPWARDS: readonly Sort[] = ["name", "quality"];

interface Properties {
  label: string;
  by: Sort;
  sort: Sort;
  onSort: (sort: Sort) => void;
  align: "left" | "right";
}

/** A column's head that sorts by it; each order has one sensible direction. The arrow takes no room, so heads stand above their numbers. */
export function SortHeader({ label, by, sort, onSort, align }: Properties) {
  const isOn = by === sort;
  const Arrow = UPWARDS.includes(by) ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      aria-pressed={isOn}
      title={isOn ? text.sortedBy(text.sorts[by]) : text.sortBy(text.sorts[by])}
      onClick={() => onSort(by)}
      className={cx("group relative inline-flex h-6 min-w-6 items-center rounded-control hover:text-ink", isOn && "text-ink", focusRing)}
    >
      {label}
      <Arrow
        aria-hidden
        className={cx(
          "absolute size-3",
          align === "right" ? "right-full mr-0.5" : "left-full ml-0.5",
          isOn ? "" : "opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60",
        )}
      />
    </button>
  );
}
