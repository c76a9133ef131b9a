import type { Schemas } from "@/api/client";
import { Stat, StatGrid } from "@/components";
import { formatCount, formatPercent, formatShort } from "@/lib/format";
import { highAndCritical, lowShare, moved, ofRisk, shareOf } from "@/pages/counts/measures";
import { type SessionsFilter, sessionsPath } from "@/pages/counts/sessionsPath";
import { ShareMove } from "@/pages/counts/ShareMove";
import { survey } from "@/strings/survey";

type Details = Schemas["SurveyDetails"];

const text = survey.counters;
const grid = "sm:grid-cols-3 xl:grid-cols-6";

/** The survey's counts of the period, each with its sessions and the period before. */
export function SurveyCounters({ details }: { details: Details }) {
  const { sessions, verdicts, from, to } = details.period;
  const before = details.previous;
  const isComparable = before.sessions.total > 0;
  const delta = (now: number, then: number, goodWhen: "down" | "neutral" = "neutral") =>
    isComparable ? { now, before: then, goodWhen } : undefined;
  const path = (filter: SessionsFilter) => sessionsPath({ from, to, survey: details.survey_id }, filter);
  const ofVerdicts = (part: number): string => {
    const share = shareOf(part, verdicts.total);
    return share === null ? text.none : text.ofVerdicts(formatPercent(share));
  };
  const risky = highAndCritical(verdicts);
  const low = lowShare(verdicts);
  const lowMove = moved(low, lowShare(before.verdicts));
  return (
    <section aria-label={text.title}>
      <StatGrid className={grid}>
        <Stat
          label={text.sessions}
          value={formatShort(sessions.total)}
          delta={delta(sessions.total, before.sessions.total)}
          hint={text.sessionsHint(formatShort(sessions.completed))}
          to={path({})}
        />
        {/* Sessions of the period before have ended by now: a change against them would say nothing. */}
        <Stat label={text.active} value={formatShort(sessions.active)} hint={text.activeHint} to={path({ status: "active" })} />
        <Stat
          label={text.flagged}
          value={formatShort(verdicts.bots_flagged)}
          delta={delta(verdicts.bots_flagged, before.verdicts.bots_flagged, "down")}
          hint={ofVerdicts(verdicts.bots_flagged)}
          to={path({ bots: true })}
        />
        <Stat
          label={text.risky}
          value={formatShort(risky)}
          delta={delta(risky, highAndCritical(before.verdicts), "down")}
          hint={ofVerdicts(risky)}
          to={path({ risk: ["HIGH", "CRITICAL"] })}
        />
        <Stat
          label={text.quality}
          value={
            <span className="inline-flex items-baseline gap-2">
              {low === null ? text.unknown : formatPercent(low)}
              {lowMove === null ? null : <ShareMove by={lowMove} goodWhen="up" />}
            </span>
          }
          hint={text.qualityHint(formatCount(ofRisk(verdicts, "LOW")))}
          to={path({ risk: ["LOW"] })}
        />
        <Stat
          label={text.findings}
          value={formatShort(verdicts.with_findings)}
          delta={delta(verdicts.with_findings, before.verdicts.with_findings, "down")}
          hint={text.findingsHint}
          to={path({ finding: true })}
        />
      </StatGrid>
    </section>
  );
}

export function SurveyCountersSkeleton() {
  const labels = [text.sessions, text.active, text.flagged, text.risky, text.quality, text.findings];
  return (
    <StatGrid className={grid}>
      {labels.map((label) => (
        <Stat key={label} label={label} value={null} loading hint=" " />
      ))}
    </StatGrid>
  );
}
