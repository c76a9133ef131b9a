import { Waypoints } from "lucide-react";
import { sessionPath } from "@/app/pages";
import type { Schemas } from "@/api/client";
import { Badge, Button, ButtonLink, Card, ClassBadge, type DataColumn, DataTable, EmptyState, ErrorState, RiskBadge, Skeleton, Time } from "@/components";
import { formatCount, formatDateTime, formatPercent, shortId } from "@/lib/format";
import { useOpenCampaign } from "@/pages/counts/campaignAddress";
import { measuredOf } from "@/pages/session/evidence";
import { useSimilar } from "@/pages/session/queries";
import { SIMILAR_ID } from "@/pages/session/VerdictCard";
import { session } from "@/strings/session";
import { campaignWord } from "@/strings/words";

const text = session.similar;

type Finding = Schemas["Finding"];
type Similar = Schemas["SimilarSession"];

const COLUMNS: DataColumn<Similar>[] = [
  { key: "session", header: text.session, cell: ({ session: { session_id } }) => <span className="font-mono text-xs" title={session_id}>{shortId(session_id)}</span> },
  { key: "shares", header: text.shares, cell: ({ kinds }) => kinds.map(campaignWord).join(", ") },
  { key: "risk", header: text.risk, cell: ({ session: { effective_risk } }) => <RiskBadge level={effective_risk ?? null} /> },
  { key: "class", header: text.class, hideBelow: "sm", cell: (similar) => <ClassBadge value={similar.session.class ?? null} /> },
  { key: "began", header: text.began, align: "right", hideBelow: "sm", cell: (similar) => <Time at={similar.session.created_at} /> },
];

/** What the session shares with others, and with which. */
export function SimilarCard({ id, findings }: { id: string; findings: readonly Finding[] }) {
  return (
    <div id={SIMILAR_ID} className="scroll-mt-16 lg:scroll-mt-4">
      <Card title={text.title} description={text.description} flush>
        {findings.length === 0 ? (
          <EmptyState icon={Waypoints} title={text.none}>
            {text.noneText}
          </EmptyState>
        ) : (
          <>
            <ul className="divide-y divide-line border-b">
              {findings.map((finding) => (
                <FindingItem key={`${finding.kind}:${finding.fingerprint}`} finding={finding} />
              ))}
            </ul>
            <SimilarSessions id={id} />
          </>
        )}
      </Card>
    </div>
  );
}

function FindingItem({ finding }: { finding: Finding }) {
  const { addressOf } = useOpenCampaign();
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-80">
        <p className="text-sm text-pretty">{finding.text}</p>
        <p className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
          <Badge>{campaignWord(finding.kind)}</Badge>
          {measuredOf(finding.evidence).map(({ name, value }) => (
            <span key={name}>
              {name} <span className="font-medium text-ink tabular-nums">{value}</span>
            </span>
          ))}
          <span>{text.between(formatDateTime(finding.first_at), formatDateTime(finding.last_at))}</span>
        </p>
      </div>
      <div className="flex items-center gap-3">
        <RiskBadge level={finding.risk_level} />
        <span className="text-[13px] font-medium tabular-nums">{formatPercent(finding.score)}</span>
        <ButtonLink size="sm" to={addressOf(finding)} preventScrollReset>
          {text.open}
          <span className="font-normal text-muted">{formatCount(finding.sessions)}</span>
        </ButtonLink>
      </div>
    </li>
  );
}

function SimilarSessions({ id }: { id: string }) {
  const query = useSimilar(id, true);
  if (query.data === undefined) {
    return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} compact /> : <Skeleton className="m-4 h-24" />;
  }
  const rows = query.data.pages.flatMap((page) => page.sessions);
  return (
    <>
      <DataTable
        caption={text.table}
        columns={COLUMNS}
        rows={rows}
        rowKey={(row) => row.session.session_id}
        rowTo={(row) => sessionPath(row.session.session_id)}
      />
      {query.hasNextPage ? (
        <div className="border-t px-4 py-2.5">
          <Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {text.more}
          </Button>
        </div>
      ) : null}
    </>
  );
}
