import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import { cx } from "@/lib/cx";
import { quietTransition } from "./classes";

export interface SegmentedOption<Value extends string = string> {
  value: Value;
  label: string;
  icon?: LucideIcon | undefined;
}

export interface SegmentedProps<Value extends string> {
  /** Accessible name of the group. */
  label: string;
  options: readonly SegmentedOption<Value>[];
  /** Null when none is chosen. */
  value: Value | null;
  onValue: (value: Value) => void;
  /** Shows icons alone; the labels stay for screen readers. */
  iconOnly?: boolean | undefined;
  className?: string | undefined;
}

/** A few choices side by side: native radio buttons, so arrow keys move between them. */
export function Segmented<Value extends string>({ label, options, value, onValue, iconOnly = false, className }: SegmentedProps<Value>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={cx("inline-flex max-w-full flex-wrap gap-0.5 rounded-control border border-line bg-sunken p-0.5", className)}>
      {options.map((option) => (
        <label
          key={option.value}
          title={iconOnly ? option.label : undefined}
          className={cx(
            "relative inline-flex min-h-6.5 cursor-pointer items-center gap-1.5 rounded-[calc(var(--radius-control)-2px)] px-2.5 text-[13px] whitespace-nowrap select-none",
            "has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent",
            quietTransition,
            option.value === value ? "bg-surface font-medium text-ink shadow-card ring-1 ring-line" : "text-muted hover:text-ink",
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onValue(option.value)}
            className="absolute inset-0 cursor-[inherit] appearance-none outline-none"
          />
          {option.icon ? <option.icon aria-hidden className="size-4" /> : null}
          <span className={cx(iconOnly && option.icon && "sr-only")}>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
