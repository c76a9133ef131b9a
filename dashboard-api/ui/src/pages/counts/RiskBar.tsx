import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import { ofRisk, type Verdicts } from "@/pages/counts/measures";
import { counts as text } from "@/strings/counts";
import { type Risk, RISKS, riskWord } from "@/strings/words";

const SOLID: Record<Risk, string> = {
  LOW: "bg-risk-low",
  MEDIUM: "bg-risk-medium",
  HIGH: "bg-risk-high",
  CRITICAL: "bg-risk-critical",
};

/** The risks of a survey's sessions as one thin line, for rows of a table. */
export function RiskBar({ verdicts, className }: { verdicts: Verdicts; className?: string }) {
  const parts = RISKS.map((risk) => ({ risk, count: ofRisk(verdicts, risk) })).filter(({ count }) => count > 0);
  if (parts.length === 0) return <span className="text-muted">{text.noShare}</span>;
  const words = parts.map(({ risk, count }) => text.riskPart(riskWord(risk), formatPercent(count / verdicts.total)));
  const label = text.sharesByRisk(words.join(", "));
  return (
    <span role="img" aria-label={label} title={label} className={cx("flex h-2 w-28 gap-px overflow-hidden rounded-full", className)}>
      {parts.map(({ risk, count }) => (
        <span key={risk} className={cx("min-w-0.5", SOLID[risk])} style={{ flexGrow: count, flexBasis: 0 }} />
      ))}
    </span>
  );
}
