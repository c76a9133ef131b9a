import { Undo2 } from "lucide-react";
import { useId } from "react";
import { IconButton, Slider } from "@/components";
import { cx } from "@/lib/cx";
import { NumberBox } from "@/pages/settings/NumberBox";
import type { Threshold } from "@/pages/settings/queries";
import { formatThreshold, sliderOf, thresholdTitle } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";

interface Properties {
  threshold: Threshold;
  value: number;
  base: number;
  mistake: string | undefined;
  disabled: boolean;
  /** `null`: as the ruleset has it. */
  onValue: (value: number | null) => void;
}

/** One threshold: a slider for the usual part, a number for all of it, and what the ruleset says. */
export function ThresholdRow({ threshold, value, base, mistake, disabled, onValue }: Properties) {
  const id = useId();
  const title = thresholdTitle(threshold.name);
  const format = (number: number) => formatThreshold(number, threshold);
  const differs = value !== base;
  const set = (number: number) => onValue(number === base ? null : number);
  return (
    <li className={cx("border-l-2 py-2.5 pl-3", differs ? "border-accent" : "border-transparent")}>
      <div className="grid grid-cols-[minmax(0,1fr)_6.5rem_1.75rem] items-end gap-x-3">
        {/* The box beside it shows the number. */}
        <div className="[&_output]:sr-only">
          <Slider label={title} {...sliderOf(threshold, value)} value={value} onValue={(number) => set(tidy(number))} format={format} disabled={disabled} />
        </div>
        <NumberBox
          aria-label={words.thresholds.number(title)}
          aria-describedby={`${id}-meaning ${id}-base`}
          aria-invalid={mistake === undefined ? undefined : true}
          value={value}
          disabled={disabled}
          onNumber={(number) => set(number ?? base)}
          className="text-right tabular-nums"
        />
        {differs && !disabled ? (
          <IconButton label={words.thresholds.reset(title)} icon={Undo2} size="sm" variant="ghost" onClick={() => onValue(null)} />
        ) : null}
      </div>
      <div className="mt-1 flex flex-wrap justify-between gap-x-4 text-xs text-muted">
        <p id={`${id}-meaning`} className="min-w-0 flex-1 basis-48 text-pretty">
          {sentence(threshold.meaning)} <code className="font-mono text-[11px]">{threshold.name}</code>
        </p>
        <p id={`${id}-base`} className={cx("tabular-nums", differs && "text-ink")}>
          {differs ? words.thresholds.differs(format(base)) : words.thresholds.unchanged(format(base))}
        </p>
      </div>
      {mistake === undefined ? null : (
        <p role="alert" className="mt-1 text-xs text-bad">
          {mistake}
        </p>
      )}
    </li>
  );
}

/** A slider counts in hundredths of binary fractions. */
const tidy = (value: number): number => Math.round(value * 10_000) / 10_000;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
