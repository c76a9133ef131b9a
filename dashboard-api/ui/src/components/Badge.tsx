import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { toneSoft, type Tone } from "./classes";

export interface BadgeProps extends ComponentProps<"span"> {
  tone?: Tone | undefined;
}

export const badgeShape =
  "inline-flex h-5 max-w-full align-middle shrink-0 items-center gap-1 rounded-full px-2 text-xs leading-none font-medium whitespace-nowrap";

export function Badge({ tone = "neutral", className, children, ...span }: BadgeProps) {
  return (
    <span {...span} className={cx(badgeShape, toneSoft[tone], className)}>
      {children}
    </span>
  );
}
