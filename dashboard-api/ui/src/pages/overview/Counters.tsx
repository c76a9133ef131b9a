import type { Schemas } from "@/api/client";
import { Stat } from "@/components";
import { formatCount, formatPercent, formatRate, formatShort } from "@/lib/format";
import { changeAgainst, shareOf } from "@/pages/counts/measures";
import { PeriodCounters, PeriodCountersSkeleton } from "@/pages/counts/PeriodCounters";
import { sessionsPath } from "@/pages/counts/sessionsPath";
import { counts as common } from "@/strings/counts";
import { overview } from "@/strings/overview";
import { RISKS } from "@/strings/words";

const text = overview.counters;

/** Counts of the period. */
export function Counters({ counts }: { counts: Schemas["Overview"] }) {
  const { sessions, verdicts, events, previous } = counts;
  const change = changeAgainst(previous);
  const judged = shareOf(verdicts.total, sessions.total);
  return (
    <PeriodCounters now={counts} before={previous}>
      <Stat
        label={text.verdicts}
        value={formatShort(verdicts.total)}
        delta={change(verdicts.total, previous.verdicts.total)}
        hint={judged === null ? common.noVerdict : text.verdictsHint(formatPercent(judged))}
        to={sessionsPath(counts, { risk: RISKS })}
      />
      <Stat
        label={text.events}
        value={formatShort(events)}
        delta={change(events, previous.events)}
        hint={sessions.total === 0 ? undefined : text.eventsHint(meanOf(events / sessions.total))}
        to={sessionsPath(counts)}
      />
    </PeriodCounters>
  );
}

const meanOf = (mean: number): string => (mean < 100 ? formatRate(mean) : formatCount(mean));

export const CountersSkeleton = () => <PeriodCountersSkeleton own={[text.verdicts, text.events]} />;
