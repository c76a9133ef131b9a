import { VisuallyHidden } from "@/components";
import { formatPercent } from "@/lib/format";
import { type Band, bandsOf, formatThreshold } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";
import { riskWord } from "@/strings/words";

const FILL: Record<Band["risk"], { soft: string; solid: string }> = {
  LOW: { soft: "bg-risk-low-soft text-risk-low-ink", solid: "bg-risk-low" },
  MEDIUM: { soft: "bg-risk-medium-soft text-risk-medium-ink", solid: "bg-risk-medium" },
  HIGH: { soft: "bg-risk-high-soft text-risk-high-ink", solid: "bg-risk-high" },
  CRITICAL: { soft: "bg-risk-critical-soft text-risk-critical-ink", solid: "bg-risk-critical" },
};
/** Below this width a band has no room for its name. */
const NAMED_FROM = 0.12;

const score = (value: number): string => formatThreshold(value, undefined);

/** The scores from 0 to 1 as a bar: which risk begins where, and from where a session counts as a bot. */
export function RiskScale({ numbers }: { numbers: Record<string, number> }) {
  const bands = bandsOf(numbers);
  const bot = numbers["bot_score"] ?? 0;
  if (bands === null) return <p className="text-xs text-bad">{words.thresholds.scaleUnordered}</p>;
  return (
    <figure className="min-w-0" aria-label={words.thresholds.scale}>
      <VisuallyHidden>
        {bands.map(({ risk, from, to }) => words.thresholds.scaleBand(riskWord(risk), score(from), score(to))).join("; ")}
        {`; ${words.thresholds.scaleBot(score(bot))}`}
      </VisuallyHidden>
      <div aria-hidden className="relative pt-5">
        <div className="flex h-7 overflow-hidden rounded-control border border-line">
          {bands.map(({ risk, from, to }) => (
            <div
              key={risk}
              style={{ width: formatPercentExact(to - from) }}
              className={`relative flex min-w-0 items-center justify-center pb-1 text-xs font-medium ${FILL[risk].soft}`}
            >
              <span className={`absolute inset-x-0 bottom-0 h-1 ${FILL[risk].solid}`} />
              {to - from >= NAMED_FROM ? <span className="truncate px-1">{riskWord(risk)}</span> : null}
            </div>
          ))}
        </div>
        <BotMark score={bot} />
      </div>
      <div aria-hidden className="mt-0.5 flex justify-between text-xs text-muted tabular-nums">
        <span>0</span>
        <span>1</span>
      </div>
    </figure>
  );
}

const formatPercentExact = (share: number): string => `${share * 100}%`;

function BotMark({ score: from }: { score: number }) {
  const place = Math.min(1, Math.max(0, from));
  return (
    <div className="absolute inset-y-0 w-px bg-ink" style={{ left: formatPercentExact(place) }} title={formatPercent(place)}>
      <span
        className={`absolute top-0 text-xs leading-4 whitespace-nowrap text-ink tabular-nums ${place > 0.5 ? "right-1.5" : "left-1.5"}`}
      >
        {words.thresholds.scaleBot(score(from))}
      </span>
    </div>
  );
}
