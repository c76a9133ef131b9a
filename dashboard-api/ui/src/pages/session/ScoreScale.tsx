import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import type { Limits } from "@/pages/session/weighing";
import { session as text } from "@/strings/session";
import { type Risk, riskWord } from "@/strings/words";

interface Properties {
  score: number;
  level: Risk;
  limits: Limits | null;
}

const SOLID: Record<Risk, string> = { LOW: "bg-risk-low", MEDIUM: "bg-risk-medium", HIGH: "bg-risk-high", CRITICAL: "bg-risk-critical" };
const SOFT: Record<Risk, string> = { LOW: "bg-risk-low-soft", MEDIUM: "bg-risk-medium-soft", HIGH: "bg-risk-high-soft", CRITICAL: "bg-risk-critical-soft" };

/** The score on a scale from 0 to 1, with the places where the ruleset's levels begin. */
export function ScoreScale({ score, level, limits }: Properties) {
  const parts = partsOf(limits);
  const said = limits === null ? text.verdict.limitsUnknown : parts.slice(1).map((part) => text.verdict.limit(part.level, formatPercent(part.from)));
  return (
    <div className="pt-4">
      <div
        role="meter"
        aria-label={text.verdict.score}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={score}
        aria-valuetext={text.verdict.scoreText(formatPercent(score), level)}
        className="relative"
      >
        <div className="flex h-2.5 gap-0.5 overflow-hidden rounded-full">
          {parts.map((part) => (
            <span key={part.from} className={limits === null ? "bg-sunken" : SOFT[part.level]} style={{ width: `${(part.to - part.from) * 100}%` }} />
          ))}
        </div>
        <div className={cx("absolute top-0 left-0 h-2.5 rounded-full", SOLID[level])} style={{ width: `max(0.625rem, ${score * 100}%)` }} />
        <div className="absolute -top-1 h-4.5 w-0.5 -translate-x-1/2 rounded-full bg-ink" style={{ left: `${score * 100}%` }} />
      </div>
      {limits === null ? (
        <p className="mt-2 text-xs text-muted">{said}</p>
      ) : (
        <ul aria-label={text.verdict.limits} className="relative mt-1.5 h-8 text-xs text-muted">
          {parts.map((part, index) => (
            <li
              key={part.level}
              aria-label={text.verdict.limit(part.level, formatPercent(part.from))}
              className={cx("absolute flex flex-col leading-4", index === parts.length - 1 && "items-start")}
              style={{ left: `${part.from * 100}%` }}
            >
              <span className={part.level === level ? "font-medium text-ink" : undefined}>{riskWord(part.level)}</span>
              <span className="tabular-nums">{index === 0 ? "" : formatPercent(part.from)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface Part {
  level: Risk;
  from: number;
  to: number;
}

function partsOf(limits: Limits | null): Part[] {
  if (limits === null) return [{ level: "LOW", from: 0, to: 1 }];
  const parts: Part[] = [
    { level: "LOW", from: 0, to: limits.medium },
    { level: "MEDIUM", from: limits.medium, to: limits.high },
    { level: "HIGH", from: limits.high, to: limits.critical },
    { level: "CRITICAL", from: limits.critical, to: 1 },
  ];
  // Rulesets may leave a level out by giving two the same limit.
  return parts.filter(({ from, to }) => to > from);
}
