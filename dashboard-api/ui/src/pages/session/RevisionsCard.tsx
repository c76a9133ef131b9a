import { Sparkline } from "@/charts";
import { Badge, Card, ClassBadge, type DataColumn, DataTable, RiskBadge, StatusBadge, Time } from "@/components";
import type { Schemas } from "@/api/client";
import { cx } from "@/lib/cx";
import { formatCount, formatPercent } from "@/lib/format";
import { type RevisionRow, revisionRows } from "@/pages/session/revisions";
import { session } from "@/strings/session";

const text = session.revisions;

type Details = Schemas["SessionDetails"];

/** Below this two scores are told as the same. */
const SAME = 0.0005;

const COLUMNS: DataColumn<RevisionRow>[] = [
  { key: "at", header: text.at, cell: ({ stored }) => <Time at={stored.verdict.judged_at} mode="absolute" /> },
  { key: "kind", header: text.kind, className: "whitespace-nowrap", cell: ({ stored }) => text.kindWord(stored.verdict.revision.phase) },
  {
    key: "score",
    header: text.score,
    align: "right",
    cell: (row) => (
      <span className="inline-flex items-baseline gap-2">
        <Change change={row.change} />
        <span className="w-11 font-medium">{formatPercent(row.stored.verdict.confidence_score)}</span>
      </span>
    ),
  },
  { key: "risk", header: text.risk, cell: ({ stored }) => <RiskBadge level={stored.verdict.risk_level} /> },
  { key: "class", header: text.class, hideBelow: "md", cell: ({ stored }) => <ClassBadge value={stored.verdict.class} /> },
  { key: "events", header: text.events, align: "right", hideBelow: "sm", cell: ({ stored }) => formatCount(stored.verdict.event_count) },
  {
    key: "reason",
    header: text.reason,
    hideBelow: "lg",
    className: "min-w-64 text-muted text-pretty",
    cell: ({ stored }) => stored.verdict.reasons[0]?.text ?? text.noReason,
  },
];

const WINDOW: DataColumn<RevisionRow> = { key: "window", header: text.window, className: "whitespace-nowrap", cell: ({ window }) => text.windowName(window) };

/** How the score came to be what it is. */
export function RevisionsCard({ details }: { details: Details }) {
  const { revisions, windows, session: state } = details;
  const rows = revisionRows(revisions, windows);
  const columns = windows.length > 1 ? [...COLUMNS.slice(0, 2), WINDOW, ...COLUMNS.slice(2)] : COLUMNS;
  const scores = revisions.map(({ verdict }) => verdict.confidence_score).reverse();
  return (
    <Card
      title={text.title}
      description={text.description}
      flush
      actions={windows.length === 1 && scores.length > 2 ? <Sparkline values={scores} label={text.title} format={formatPercent} /> : undefined}
    >
      {windows.length > 1 ? <Windows windows={windows} counting={state.verdict?.window ?? null} /> : null}
      <DataTable caption={text.table} columns={columns} rows={rows} rowKey={({ stored }) => stored.id} empty={text.none} />
    </Card>
  );
}

function Change({ change }: { change: number | null }) {
  if (change === null) return <span className="text-xs text-muted">{text.first}</span>;
  if (Math.abs(change) < SAME) return <span className="text-xs text-muted">{text.same}</span>;
  const points = formatPercent(Math.abs(change));
  return <span className={cx("text-xs", change > 0 ? "text-bad" : "text-good")}>{change > 0 ? text.up(points) : text.down(points)}</span>;
}

function Windows({ windows, counting }: { windows: Details["windows"]; counting: number | null }) {
  return (
    <ul aria-label={text.windows} className="flex flex-wrap border-b">
      {windows.map((window, index) => (
        <li key={`${window.generation}:${window.window}`} className="flex w-64 flex-wrap items-center gap-2 border-r px-4 py-2.5 text-[13px] last:border-r-0 max-sm:w-full max-sm:border-r-0">
          <span className="font-medium">{text.windowName(index + 1)}</span>
          <RiskBadge level={window.verdict?.risk_level ?? null} />
          <StatusBadge status={window.status} />
          {window.window === counting && windows.length > 1 ? <Badge tone="accent">{text.counts}</Badge> : null}
          <span className="w-full text-xs text-muted">
            <Time at={window.updated_at} mode="absolute" />
          </span>
        </li>
      ))}
    </ul>
  );
}
