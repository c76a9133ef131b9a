import { useState } from "react";
import { Sparkline } from "@/charts";
import { Button, type DataColumn, DataTable } from "@/components";
import { formatCount } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import { ageWords, byLag } from "./health";
import { partitionLine, type Sample } from "./history";
import type { Group, Partition } from "./queries";

/** Most partitions that are shown at first. */
const SHOWN = 8;

/** A group's partitions by number; of many, those furthest behind. */
export function PartitionTable({ group, history }: { group: Group; history: Sample[] }) {
  const [showsAll, setShowsAll] = useState(false);
  const isLong = group.partitions.length > SHOWN;
  const rows = isLong && !showsAll ? byLag(group.partitions).slice(0, SHOWN) : group.partitions;
  const most = Math.max(1, ...group.partitions.map((partition) => partition.lag ?? 0));
  return (
    <div className="min-w-0">
      <DataTable
        caption={text.partitionsTable(text.role(group.role))}
        columns={columnsOf(group, history, most)}
        rows={rows}
        rowKey={(row) => row.partition}
        className="-mx-4 border-y border-line"
      />
      {isLong ? (
        <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-[13px] text-muted">
          <span>{showsAll ? null : text.worstShown(SHOWN, group.partitions.length)}</span>
          <Button size="sm" variant="ghost" onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? text.showWorst : text.showAll(group.partitions.length)}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function columnsOf(group: Group, history: Sample[], most: number): DataColumn<Partition>[] {
  const clients = new Map(group.members.map((member) => [member.member_id, member.client_id]));
  const name = text.role(group.role);
  return [
    { key: "partition", header: text.partition, cell: (row) => row.partition, className: "w-20 tabular-nums" },
    { key: "lag", header: text.lag, cell: (row) => <LagBar lag={row.lag ?? null} most={most} />, className: "min-w-32" },
    { key: "age", header: text.lagAge, cell: ageWords, align: "right", className: "whitespace-nowrap" },
    {
      key: "recent",
      header: text.recent,
      cell: (row) => <RecentLag values={partitionLine(history, group.role, row.partition)} label={text.lagOfPartition(name, row.partition)} />,
      hideBelow: "md",
      className: "w-32",
    },
    { key: "committed", header: text.committed, cell: (row) => offsetWords(row.committed ?? null), align: "right", hideBelow: "lg" },
    { key: "end", header: text.end, cell: (row) => formatCount(row.end), align: "right", hideBelow: "lg" },
    { key: "worker", header: text.worker, cell: (row) => <Owner id={row.owner ?? null} clients={clients} />, hideBelow: "sm" },
  ];
}

const offsetWords = (offset: number | null): string => (offset === null ? text.noCommit : formatCount(offset));

function LagBar({ lag, most }: { lag: number | null; most: number }) {
  if (lag === null) return <span className="text-muted">{text.noCommit}</span>;
  return (
    <span className="flex items-center gap-2">
      <span className="w-14 shrink-0 text-right tabular-nums">{formatCount(lag)}</span>
      <span aria-hidden className="h-2 min-w-10 flex-1 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full rounded-full bg-chart-1" style={{ width: `${(lag / most) * 100}%` }} />
      </span>
    </span>
  );
}

function RecentLag({ values, label }: { values: number[]; label: string }) {
  return values.length < 2 ? null : <Sparkline values={values} label={label} />;
}

/** Clients of one name are told apart by the end of their member id. */
function Owner({ id, clients }: { id: string | null; clients: Map<string, string> }) {
  if (id === null) return <span className="text-muted">{text.noWorker}</span>;
  return (
    <span title={id} className="whitespace-nowrap">
      {clients.get(id) ?? ""} <span className="font-mono text-xs text-muted">{`…${id.slice(-6)}`}</span>
    </span>
  );
}
