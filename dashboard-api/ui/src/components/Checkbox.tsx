import { Check, Minus } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/cx";

export interface CheckboxProps extends Omit<ComponentProps<"input">, "checked" | "onChange" | "children" | "type"> {
  label: ReactNode;
  hideLabel?: boolean | undefined;
  checked: boolean | "indeterminate";
  onChecked: (checked: boolean) => void;
}

/** A native checkbox, at least 24 px to hit. */
export function Checkbox({ label, hideLabel = false, checked, onChecked, className, ...input }: CheckboxProps) {
  const partly = checked === "indeterminate";
  const Mark = partly ? Minus : Check;
  return (
    <label
      className={cx(
        "relative inline-flex min-h-6 min-w-6 cursor-pointer items-center gap-2 text-[13px] text-ink has-disabled:cursor-not-allowed has-disabled:opacity-60",
        hideLabel && "justify-center",
        className,
      )}
    >
      <span className="relative inline-flex size-4 shrink-0">
        <input
          {...input}
          type="checkbox"
          checked={checked === true}
          ref={(element) => { if (element) element.indeterminate = partly; }}
          onChange={(event) => onChecked(event.target.checked)}
          className={cx(
            "peer absolute inset-0 size-4 cursor-[inherit] appearance-none rounded-sm border border-strong bg-surface",
            "checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent",
            "focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-accent",
          )}
        />
        <Mark
          aria-hidden
          strokeWidth={3}
          className={cx("pointer-events-none absolute inset-0.5 size-3 text-on-accent", checked === false && "opacity-0")}
        />
      </span>
      <span className={hideLabel ? "sr-only" : "min-w-0"}>{label}</span>
    </label>
  );
}
