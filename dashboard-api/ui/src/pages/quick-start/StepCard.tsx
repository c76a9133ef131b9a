import { CircleCheck } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Badge } from "@/components";
import { cx } from "@/lib/cx";
import type { StepState } from "@/pages/quick-start/progress";
import { quickStart as words } from "@/strings/quick-start";

interface Properties {
  step: number;
  title: string;
  state: StepState;
  children: ReactNode;
}

/** One step: a number that becomes a check mark. What is done stays readable, what is not its turn yet is only quieter. */
export function StepCard({ step, title, state, children }: Properties) {
  const id = useId();
  const isCurrent = state === "current";
  return (
    <li
      aria-labelledby={id}
      aria-current={isCurrent ? "step" : undefined}
      className={cx("rounded-card border bg-surface p-4 sm:p-5", isCurrent ? "border-accent shadow-card" : "border-line")}
    >
      <div className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3">
        <Mark step={step} state={state} />
        <div className="min-w-0 space-y-3">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 id={id} className="text-sm leading-7 font-semibold text-ink">
              {title}
            </h2>
            {state === "later" ? null : <Badge tone={state === "done" ? "good" : "accent"}>{words[state]}</Badge>}
          </div>
          <div className="space-y-3 text-[13px]">{children}</div>
        </div>
      </div>
    </li>
  );
}

function Mark({ step, state }: { step: number; state: StepState }) {
  if (state === "done") return <CircleCheck aria-hidden className="size-7 text-good" strokeWidth={1.75} />;
  return (
    <span
      aria-hidden
      className={cx(
        "inline-flex size-7 items-center justify-center rounded-full border text-[13px] font-medium tabular-nums",
        state === "current" ? "border-accent bg-accent-soft text-accent" : "border-line bg-sunken text-muted",
      )}
    >
      {step}
    </span>
  );
}
