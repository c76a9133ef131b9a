import { Card, Meter } from "@/components";
import type { Schemas } from "@/api/client";
import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import { type MethodRow, methodRows } from "@/pages/session/methods";
import { session } from "@/strings/session";
import { methodWord } from "@/strings/words";

const text = session.methods;

/** What each method found, or why it could not. */
export function MethodsCard({ verdict }: { verdict: Schemas["Verdict"] }) {
  return (
    <Card title={text.title} description={text.description}>
      <ul className="flex flex-col gap-3">
        {methodRows(verdict).map((row) => (
          <Row key={row.method} row={row} />
        ))}
      </ul>
    </Card>
  );
}

const toneOf = (score: number) => (score >= 0.6 ? "bad" : score >= 0.3 ? "warn" : "neutral");

/** Nothing is ever certain: no score is told as more than this. */
const HIGHEST = 0.99;

function Row({ row: { method, state, score: found, reasons } }: { row: MethodRow }) {
  const score = found === null ? null : Math.min(HIGHEST, found);
  const name = methodWord(method);
  const said = state === "too_little" ? text.tooLittle : state === "absent" ? text.absent : text.nothing;
  const hasFound = score !== null && score > 0;
  return (
    <li title={text.explain(method)}>
      <div className="flex items-baseline justify-between gap-3 text-[13px]">
        <span className={cx("min-w-0 truncate", state === "judged" || hasFound ? "text-ink" : "text-muted")}>{name}</span>
        <span className="flex shrink-0 items-baseline gap-2">
          <span className="text-xs text-muted">{hasFound ? text.reasons(reasons) : said}</span>
          {hasFound ? <span className="w-9 text-right font-medium tabular-nums">{formatPercent(score)}</span> : null}
        </span>
      </div>
      {state === "judged" || hasFound ? (
        <Meter className="mt-1" value={score ?? 0} label={text.score(name, formatPercent(score ?? 0))} tone={toneOf(score ?? 0)} />
      ) : (
        // A dashed line is no bar of length nought: nothing was judged.
        <div aria-hidden className="mt-1 h-1.5 border-b border-dashed border-strong" />
      )}
    </li>
  );
}
