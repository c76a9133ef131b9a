import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { controlBox, focusRing, quietTransition } from "./classes";

export interface SelectOption<Value extends string = string> {
  value: Value;
  label: string;
  disabled?: boolean | undefined;
}

export interface NativeSelectProps<Value extends string> extends Omit<ComponentProps<"select">, "value" | "onChange" | "children"> {
  options: readonly SelectOption<Value>[];
  value: Value;
  onValue: (value: Value) => void;
}

export function NativeSelect<Value extends string>({ options, value, onValue, className, ...select }: NativeSelectProps<Value>) {
  function choose(chosen: string) {
    const option = options.find((each) => each.value === chosen);
    if (option) onValue(option.value);
  }
  return (
    <span className={cx("relative inline-flex h-8 w-full min-w-0", className)}>
      <select
        {...select}
        value={value}
        onChange={(event) => choose(event.target.value)}
        className={cx(controlBox, focusRing, quietTransition, "cursor-pointer appearance-none pr-8")}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>{option.label}</option>
        ))}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-faint" />
    </span>
  );
}
