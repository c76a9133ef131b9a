import { CircleAlert, CircleCheck, Info, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { toneSoft, toneText, type Tone } from "./classes";

export interface CalloutProps {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
}

const icons: Record<Tone, LucideIcon> = {
  neutral: Info,
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleAlert,
  info: Info,
  accent: Info,
};

export function Callout({ tone, title, children }: CalloutProps) {
  const Icon = icons[tone];
  return (
    <div role="note" className={cx("flex items-start gap-2.5 rounded-control px-3 py-2.5 text-[13px]", toneSoft[tone])}>
      <Icon aria-hidden className={cx("mt-0.5 size-4 shrink-0", toneText[tone])} />
      <div className="min-w-0 flex-1 text-pretty text-ink">
        {title === undefined ? null : <p className="font-medium">{title}</p>}
        {children}
      </div>
    </div>
  );
}
