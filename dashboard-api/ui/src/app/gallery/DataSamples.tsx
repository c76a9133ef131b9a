import { useState } from "react";
import {
  Button, Card, ClassBadge, DataTable, Dot, LabelBadge, RiskBadge, Stat, StatGrid, StatusBadge, Tabs, VirtualList, type DataColumn,
} from "@/components";
import { formatPercent } from "@/lib/format";
import { gallery as text } from "@/strings/gallery";
import { CLASSES, RISKS, type Risk } from "@/strings/words";

interface Sample {
  id: string;
  risk: Risk | null;
  class: string | null;
  score: number;
}

const samples: Sample[] = Array.from({ length: 5 }, (_, index) => ({
  id: text.session(index + 1),
  risk: RISKS[index] ?? null,
  class: CLASSES[index] ?? null,
  score: 0.2 + index * 0.17,
}));

const columns: DataColumn<Sample>[] = [
  { key: "session", header: text.columns.session, cell: (row) => row.id },
  { key: "risk", header: text.columns.risk, cell: (row) => <RiskBadge level={row.risk} /> },
  { key: "class", header: text.columns.class, cell: (row) => <ClassBadge value={row.class} />, hideBelow: "sm" },
  { key: "status", header: text.columns.status, cell: () => <StatusBadge status="active" />, hideBelow: "md" },
  { key: "label", header: text.columns.label, cell: () => <LabelBadge label={null} />, hideBelow: "lg" },
  { key: "score", header: text.columns.score, cell: (row) => formatPercent(row.score), align: "right" },
];

export function DataSamples() {
  const [tab, setTab] = useState("1");
  return (
    <>
      <StatGrid>
        <Stat label={text.stats.sessions} value="1,240" to="/sessions" delta={{ now: 1240, before: 1100 }} />
        <Stat label={text.stats.flagged} value="128" delta={{ now: 128, before: 90, goodWhen: "down" }} hint={text.stats.hint} to="/sessions?risk=HIGH" />
        <Stat label={text.stats.median} value="" loading />
        <Stat label={text.live} value={<Dot tone="good" label={text.live} pulse />} />
      </StatGrid>
      <Card title={text.tables} flush>
        <DataTable caption={text.rows} columns={columns} rows={samples} rowKey={(row) => row.id} rowTo={(row) => `/sessions/${row.id}`} />
      </Card>
      <Tabs
        label={text.tabs}
        value={tab}
        onValue={setTab}
        tabs={Array.from({ length: 9 }, (_, index) => ({ value: String(index + 1), label: text.tab(index + 1), count: index * 700, content: text.tab(index + 1) }))}
      />
      <LongList />
    </>
  );
}

function LongList() {
  const [first, setFirst] = useState(0);
  const rows = Array.from({ length: 10_000 - first }, (_, index) => first + index);
  return (
    <Card title={text.list} flush actions={<Button size="sm" onClick={() => setFirst(first - 20)}>{text.prepend}</Button>}>
      <VirtualList
        rows={rows}
        rowKey={(row) => row}
        estimate={48}
        ariaLabel={text.list}
        className="h-72"
        renderRow={(row) => <div className="row-h flex items-center border-b border-line px-4 text-[13px] tabular-nums">{text.session(row)}</div>}
      />
    </Card>
  );
}
