import type { ReactNode } from "react";
import { type DataColumn, TextLink, VisuallyHidden } from "@/components";
import { formatCount, formatPercent } from "@/lib/format";
import { ActiveHour } from "@/pages/counts/ActiveHour";
import { flaggedShare, highAndCritical, lowShare } from "@/pages/counts/measures";
import { RiskBar } from "@/pages/counts/RiskBar";
import { type Scope, type SessionsFilter, sessionsPath } from "@/pages/counts/sessionsPath";
import { ShareMoveCell } from "@/pages/counts/ShareMove";
import { SortHeader } from "@/pages/surveys/SortHeader";
import { riseOf, type Sort, type Survey } from "@/pages/surveys/sort";
import { surveys as text } from "@/strings/surveys";

interface Shown {
  /** The hours that were counted. */
  scope: Scope;
  sort: Sort;
  onSort: (sort: Sort) => void;
}

/** The table's columns; every count leads to its sessions. */
export function columnsOf({ scope, sort, onSort }: Shown): DataColumn<Survey>[] {
  const head = (label: string, by: Sort, align: "left" | "right" = "right") => (
    <SortHeader label={label} by={by} sort={sort} onSort={onSort} align={align} />
  );
  const link = (survey: Survey, filter: SessionsFilter, name: string, content: ReactNode) => (
    <CountLink to={sessionsPath({ ...scope, survey: survey.survey_id }, filter)} name={name}>
      {content}
    </CountLink>
  );
  return [
    {
      key: "survey",
      header: head(text.survey, "name", "left"),
      className: "max-w-[11rem] sm:max-w-xs",
      cell: ({ survey_id }) => (
        <span className="block truncate" title={survey_id}>
          {survey_id}
        </span>
      ),
    },
    {
      key: "sessions",
      header: head(text.sessions, "sessions"),
      align: "right",
      cell: (survey) => link(survey, {}, text.sessionsOf(survey.survey_id), formatCount(survey.sessions.total)),
    },
    {
      key: "flagged",
      header: head(text.flagged, "flagged"),
      align: "right",
      cell: (survey) => link(survey, { bots: true }, text.flaggedOf(survey.survey_id), <Flagged survey={survey} />),
    },
    { key: "rise", header: head(text.rise, "rise"), align: "right", hideBelow: "sm", cell: (survey) => <ShareMoveCell by={riseOf(survey)} /> },
    {
      key: "risky",
      header: text.risky,
      align: "right",
      hideBelow: "lg",
      cell: (survey) =>
        link(survey, { risk: ["HIGH", "CRITICAL"] }, text.riskyOf(survey.survey_id), formatCount(highAndCritical(survey.verdicts))),
    },
    { key: "risks", header: text.risks, hideBelow: "md", cell: ({ verdicts }) => <RiskBar verdicts={verdicts} /> },
    {
      key: "quality",
      header: head(text.quality, "quality"),
      align: "right",
      hideBelow: "md",
      cell: ({ verdicts }) => shareText(lowShare(verdicts)),
    },
    {
      key: "active",
      header: head(text.active, "activity"),
      align: "right",
      hideBelow: "sm",
      cell: ({ last_active }) => <ActiveHour at={last_active} />,
    },
  ];
}

const shareText = (share: number | null): string => (share === null ? text.none : formatPercent(share));

function Flagged({ survey: { verdicts } }: { survey: Survey }) {
  const share = flaggedShare(verdicts);
  return <>{share === null ? text.none : text.flaggedShare(formatPercent(share), formatCount(verdicts.bots_flagged))}</>;
}

/** Above the row's own link. */
function CountLink({ to, name, children }: { to: string; name: string; children: ReactNode }) {
  return (
    <TextLink to={to} className="relative z-1 inline-flex min-h-6 min-w-6 items-center justify-end text-ink no-underline hover:underline">
      <VisuallyHidden>{`${name}: `}</VisuallyHidden>
      {children}
    </TextLink>
  );
}
