import { sessionPath } from "@/app/pages";
import type { Schemas } from "@/api/client";
import { Card, ClassBadge, type DataColumn, DataTable, QueryView, RiskBadge, TextLink, Time } from "@/components";
import { shortId } from "@/lib/format";
import { RowsSkeleton } from "@/pages/counts/RowsSkeleton";
import { sessionsPath } from "@/pages/counts/sessionsPath";
import { useWorstSessions } from "@/pages/survey/queries";
import { survey } from "@/strings/survey";

type Session = Schemas["SessionItem"];

const text = survey.worst;

/** What carries the effective risk: the verdict's strongest reason, or the finding where that weighs more. */
function reasonOf(session: Session): string {
  const isFinding = (session.effective_score ?? 0) > (session.confidence_score ?? 0);
  const [first, second] = isFinding ? [session.first_finding, session.first_reason] : [session.first_reason, session.first_finding];
  return first ?? second ?? text.none;
}

const COLUMNS: DataColumn<Session>[] = [
  {
    key: "session",
    header: text.session,
    cell: ({ session_id }) => (
      <span className="font-mono text-xs whitespace-nowrap" title={session_id}>
        {shortId(session_id)}
      </span>
    ),
  },
  { key: "risk", header: text.risk, cell: (session) => <RiskBadge level={session.effective_risk ?? null} /> },
  { key: "class", header: text.class, hideBelow: "md", cell: (session) => <ClassBadge value={session.class ?? null} /> },
  {
    key: "reason",
    header: text.reason,
    hideBelow: "sm",
    className: "w-full max-w-0",
    cell: (session) => (
      <span className="block truncate" title={reasonOf(session)}>
        {reasonOf(session)}
      </span>
    ),
  },
  {
    key: "respondent",
    header: text.respondent,
    hideBelow: "lg",
    className: "max-w-40 truncate",
    cell: ({ respondent_id }) => respondent_id ?? <span className="text-muted">{text.none}</span>,
  },
  { key: "began", header: text.began, align: "right", cell: (session) => <Time at={session.created_at} /> },
];

/** The newest sessions of the survey that somebody should look at. */
export function WorstCard({ name, period }: { name: string; period: { from: string; to: string } }) {
  const query = useWorstSessions(name, period);
  const all = sessionsPath({ ...period, survey: name }, { risk: ["HIGH", "CRITICAL"] });
  return (
    <Card
      flush
      title={text.title}
      description={text.description}
      footer={
        <span className="flex flex-wrap gap-x-4">
          <TextLink to={all}>{text.all}</TextLink>
          <TextLink to={`/review?survey=${encodeURIComponent(name)}`}>{text.review}</TextLink>
        </span>
      }
    >
      <QueryView query={query} skeleton={<RowsSkeleton rows={5} />}>
        {(page) => (
          <DataTable
            caption={text.table}
            columns={COLUMNS}
            rows={page.sessions}
            rowKey={(session) => session.session_id}
            rowTo={(session) => sessionPath(session.session_id)}
            empty={text.empty}
          />
        )}
      </QueryView>
    </Card>
  );
}
