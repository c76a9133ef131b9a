import type { Schemas } from "@/api/client";
import { Stat } from "@/components";
import { formatCount, formatPercent, formatShort } from "@/lib/format";
import { changeAgainst, lowShare, moved, ofRisk } from "@/pages/counts/measures";
import { PeriodCounters, PeriodCountersSkeleton } from "@/pages/counts/PeriodCounters";
import { sessionsPath } from "@/pages/counts/sessionsPath";
import { ShareMove } from "@/pages/counts/ShareMove";
import { survey } from "@/strings/survey";

const text = survey.counters;

/** The survey's counts of the period. */
export function SurveyCounters({ details }: { details: Schemas["SurveyDetails"] }) {
  const { period, previous, survey_id: name } = details;
  const { verdicts, from, to } = period;
  const scope = { from, to, survey: name };
  const low = lowShare(verdicts);
  const lowMove = moved(low, lowShare(previous.verdicts));
  return (
    <PeriodCounters now={period} before={previous} survey={name}>
      <Stat
        label={text.quality}
        value={
          <span className="inline-flex items-baseline gap-2">
            {low === null ? text.unknown : formatPercent(low)}
            {lowMove === null ? null : <ShareMove by={lowMove} goodWhen="up" />}
          </span>
        }
        hint={text.qualityHint(formatCount(ofRisk(verdicts, "LOW")))}
        to={sessionsPath(scope, { risk: ["LOW"] })}
      />
      <Stat
        label={text.findings}
        value={formatShort(verdicts.with_findings)}
        delta={changeAgainst(previous)(verdicts.with_findings, previous.verdicts.with_findings, "down")}
        hint={text.findingsHint}
        to={sessionsPath(scope, { finding: true })}
      />
    </PeriodCounters>
  );
}

export const SurveyCountersSkeleton = () => <PeriodCountersSkeleton own={[text.quality, text.findings]} />;
