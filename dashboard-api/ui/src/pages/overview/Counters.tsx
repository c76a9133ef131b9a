import type { Schemas } from "@/api/client";
import { Stat, StatGrid } from "@/components";
import { formatCount, formatPercent, formatRate, formatShort } from "@/lib/format";
import { flaggedShare, highAndCritical, shareOf } from "@/pages/counts/measures";
import { sessionsPath } from "@/pages/counts/sessionsPath";
import { overview } from "@/strings/overview";
import { RISKS } from "@/strings/words";

type Overview = Schemas["Overview"];

const text = overview.counters;
const grid = "sm:grid-cols-3 xl:grid-cols-6";

const hint = (share: number | null, words: (share: string) => string): string =>
  share === null ? text.none : words(formatPercent(share));

/** Counts of the period, each with the list it counts and the period before. */
export function Counters({ counts }: { counts: Overview }) {
  const { sessions, verdicts, events, previous } = counts;
  const risky = highAndCritical(verdicts);
  const path = (filter: Parameters<typeof sessionsPath>[1]) => sessionsPath(counts, filter);
  // On a new installation there is no period before, and everything would be "up".
  const isComparable = previous.sessions.total > 0;
  const delta = (now: number, before: number, goodWhen: "down" | "neutral" = "neutral") =>
    isComparable ? { now, before, goodWhen } : undefined;
  return (
    <section aria-label={text.title}>
      <StatGrid className={grid}>
        <Stat
          label={text.sessions}
          value={formatShort(sessions.total)}
          delta={delta(sessions.total, previous.sessions.total)}
          hint={text.sessionsHint(formatShort(sessions.completed))}
          to={path({})}
        />
        {/* Sessions of the period before have ended by now: a change against them would say nothing. */}
        <Stat label={text.active} value={formatShort(sessions.active)} hint={text.activeHint} to={path({ status: "active" })} />
        <Stat
          label={text.flagged}
          value={formatShort(verdicts.bots_flagged)}
          delta={delta(verdicts.bots_flagged, previous.verdicts.bots_flagged, "down")}
          hint={hint(flaggedShare(verdicts), text.flaggedHint)}
          to={path({ bots: true })}
        />
        <Stat
          label={text.risky}
          value={formatShort(risky)}
          delta={delta(risky, highAndCritical(previous.verdicts), "down")}
          hint={hint(shareOf(risky, verdicts.total), text.riskyHint)}
          to={path({ risk: ["HIGH", "CRITICAL"] })}
        />
        <Stat
          label={text.verdicts}
          value={formatShort(verdicts.total)}
          delta={delta(verdicts.total, previous.verdicts.total)}
          hint={hint(shareOf(verdicts.total, sessions.total), text.verdictsHint)}
          to={path({ risk: RISKS })}
        />
        <Stat
          label={text.events}
          value={formatShort(events)}
          delta={delta(events, previous.events)}
          hint={sessions.total === 0 ? undefined : text.eventsHint(meanOf(events / sessions.total))}
          to={path({})}
        />
      </StatGrid>
    </section>
  );
}

const meanOf = (mean: number): string => (mean < 100 ? formatRate(mean) : formatCount(mean));

export function CountersSkeleton() {
  const labels = [text.sessions, text.active, text.flagged, text.risky, text.verdicts, text.events];
  return (
    <StatGrid className={grid}>
      {labels.map((label) => (
        <Stat key={label} label={label} value={null} loading hint=" " />
      ))}
    </StatGrid>
  );
}
