import { useId, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { focusRing } from "./classes";

export interface SwitchProps {
  label: ReactNode;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  description?: ReactNode;
  disabled?: boolean | undefined;
}

export function Switch({ label, checked, onChecked, description, disabled = false }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <button
        type="button"
        role="switch"
        id={id}
        aria-checked={checked}
        aria-labelledby={`${id}-label`}
        aria-describedby={description === undefined ? undefined : `${id}-description`}
        disabled={disabled}
        onClick={() => onChecked(!checked)}
        className={cx("inline-flex h-6 shrink-0 cursor-pointer items-center rounded-full disabled:cursor-not-allowed disabled:opacity-60", focusRing)}
      >
        <span
          className={cx(
            "inline-flex h-5 w-9 items-center rounded-full border px-0.5 transition-colors duration-150 motion-reduce:transition-none forced-colors:border-[ButtonText]",
            checked ? "border-accent bg-accent" : "border-strong bg-sunken",
          )}
        >
          <span
            className={cx(
              "size-3.5 rounded-full transition-transform duration-150 motion-reduce:transition-none",
              checked ? "translate-x-4 bg-on-accent" : "bg-strong forced-colors:bg-[ButtonText]",
            )}
          />
        </span>
      </button>
      <div className="min-w-0 flex-1 text-[13px] leading-6">
        <label id={`${id}-label`} htmlFor={id} className={cx("font-medium text-ink", !disabled && "cursor-pointer")}>{label}</label>
        {description === undefined ? null : <p id={`${id}-description`} className="leading-5 text-pretty text-muted">{description}</p>}
      </div>
    </div>
  );
}
