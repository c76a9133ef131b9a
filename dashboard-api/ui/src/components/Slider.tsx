import { Slider as Radix } from "radix-ui";
import { useId, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { focusRing } from "./classes";

export interface SliderProps {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  onValue: (value: number) => void;
  format?: ((value: number) => string) | undefined;
  hint?: ReactNode;
  disabled?: boolean | undefined;
}

export function Slider({ label, min, max, step, value, onValue, format = String, hint, disabled = false }: SliderProps) {
  const id = useId();
  function change([next]: number[]) {
    if (next !== undefined) onValue(next);
  }
  return (
    <div className="flex min-w-0 flex-col gap-1 text-[13px]">
      <div className="flex items-baseline justify-between gap-3">
        <span id={id} className="font-medium text-ink">{label}</span>
        <output aria-hidden className="text-muted tabular-nums">{format(value)}</output>
      </div>
      <Radix.Root min={min} max={max} step={step} value={[value]} onValueChange={change} disabled={disabled} className="relative flex h-6 touch-none items-center select-none data-disabled:opacity-60">
        <Radix.Track className="relative h-1.5 grow overflow-hidden rounded-full border border-strong bg-sunken">
          <Radix.Range className="absolute h-full bg-accent" />
        </Radix.Track>
        <Radix.Thumb
          aria-labelledby={id}
          aria-valuetext={format(value)}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          className={cx("block size-4 cursor-grab rounded-full border-2 border-accent bg-surface shadow-card after:absolute after:-inset-1 active:cursor-grabbing", focusRing)}
        />
      </Radix.Root>
      {hint === undefined ? null : <p id={`${id}-hint`} className="text-xs text-pretty text-muted">{hint}</p>}
    </div>
  );
}
