import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { Stat, StatGrid } from "@/components";
import { formatPercent, formatShort } from "@/lib/format";
import { changeAgainst, highAndCritical, shareOf } from "@/pages/counts/measures";
import { sessionsPath } from "@/pages/counts/sessionsPath";
import { counts } from "@/strings/counts";

const text = counts.counters;
const grid = "sm:grid-cols-3 xl:grid-cols-6";
/** What every page of counts begins with; a page adds two of its own. */
const COMMON = [text.sessions, text.active, text.flagged, text.risky];

interface Properties {
  now: Pick<Schemas["PeriodCounts"], "from" | "to" | "sessions" | "verdicts">;
  before: Schemas["PeriodCounts"];
  /** The one survey that is counted. */
  survey?: string | undefined;
  /** The tiles of this page alone. */
  children: ReactNode;
}

/** Counts of a period, each with the list it counts and the period before. */
export function PeriodCounters({ now, before, survey, children }: Properties) {
  const { sessions, verdicts, from, to } = now;
  const scope = { from, to, survey };
  const change = changeAgainst(before);
  const risky = highAndCritical(verdicts);
  return (
    <section aria-label={text.title}>
      <StatGrid className={grid}>
        <Stat
          label={text.sessions}
          value={formatShort(sessions.total)}
          delta={change(sessions.total, before.sessions.total)}
          hint={text.sessionsHint(formatShort(sessions.completed))}
          to={sessionsPath(scope)}
        />
        {/* Sessions of the period before have ended by now: a change against them would say nothing. */}
        <Stat label={text.active} value={formatShort(sessions.active)} hint={text.activeHint} to={sessionsPath(scope, { status: "active" })} />
        <Stat
          label={text.flagged}
          value={formatShort(verdicts.bots_flagged)}
          delta={change(verdicts.bots_flagged, before.verdicts.bots_flagged, "down")}
          hint={ofVerdicts(verdicts.bots_flagged, verdicts.total)}
          to={sessionsPath(scope, { bots: true })}
        />
        <Stat
          label={text.risky}
          value={formatShort(risky)}
          delta={change(risky, highAndCritical(before.verdicts), "down")}
          hint={ofVerdicts(risky, verdicts.total)}
          to={sessionsPath(scope, { risk: ["HIGH", "CRITICAL"] })}
        />
        {children}
      </StatGrid>
    </section>
  );
}

function ofVerdicts(part: number, verdicts: number): string {
  const share = shareOf(part, verdicts);
  return share === null ? counts.noVerdict : text.ofVerdicts(formatPercent(share));
}

/** The same tiles while they are read; `own` names those of the page. */
export function PeriodCountersSkeleton({ own }: { own: readonly string[] }) {
  return (
    <StatGrid className={grid}>
      {[...COMMON, ...own].map((label) => (
        <Stat key={label} label={label} value={null} loading hint=" " />
      ))}
    </StatGrid>
  );
}
