import type { ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { riskWord, type Risk } from "@/strings/words";
import { badgeShape, Badge } from "./Badge";

const shapes: Record<Risk, { soft: string; mark: string }> = {
  LOW: { soft: "bg-risk-low-soft text-risk-low-ink", mark: "bg-risk-low" },
  MEDIUM: { soft: "bg-risk-medium-soft text-risk-medium-ink", mark: "bg-risk-medium" },
  HIGH: { soft: "bg-risk-high-soft text-risk-high-ink", mark: "bg-risk-high" },
  CRITICAL: { soft: "bg-risk-critical-soft text-risk-critical-ink", mark: "bg-risk-critical" },
};

export interface RiskBadgeProps extends Omit<ComponentProps<"span">, "children"> {
  level: Risk | null;
}

/** A risk in words: colour only repeats them. */
export function RiskBadge({ level, className, ...span }: RiskBadgeProps) {
  if (level === null) return <Badge {...span} className={className}>{text.noRisk}</Badge>;
  const shape = shapes[level];
  return (
    <span {...span} className={cx(badgeShape, shape.soft, className)}>
      <span aria-hidden className={cx("size-1.5 rounded-full", shape.mark)} />
      {riskWord(level)}
    </span>
  );
}
