/** The columns of the list: what each shows, and how wide it is. */
import type { ReactNode } from "react";
import { Badge, ClassBadge, LabelBadge, RiskBadge, StatusBadge, Time } from "@/components";
import { formatCount, formatPercent } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { actionWord, platformWord } from "@/strings/words";
import { reasonOf, type Row } from "./row";

export const COLUMN_KEYS = [
  "risk",
  "why",
  "class",
  "survey",
  "respondent",
  "platform",
  "status",
  "action",
  "events",
  "findings",
  "label",
  "created",
  "updated",
] as const;
export type ColumnKey = (typeof COLUMN_KEYS)[number];

export const FIRST_COLUMNS: readonly ColumnKey[] = ["risk", "why", "class", "label", "survey", "status", "events", "created"];

export interface Column {
  key: ColumnKey;
  header: string;
  /** Width in a grid: at least so many pixels, and a share of what is left over. */
  min: number;
  share: number;
  align?: "right";
  cell: (row: Row) => ReactNode;
}

const NOTHING = <span className="text-muted">–</span>;

const Name = ({ value }: { value: string | null | undefined }) =>
  value ? (
    <span className="block truncate" title={value}>
      {value}
    </span>
  ) : (
    NOTHING
  );

function Risk({ row }: { row: Row }) {
  const { effective_risk: risk, effective_score: score } = row;
  if (!risk) return <span className="text-muted">{text.row.noVerdict}</span>;
  return (
    <span className="flex items-center gap-2">
      <RiskBadge level={risk} />
      {score === null || score === undefined ? null : <span className="text-muted tabular-nums">{formatPercent(score)}</span>}
    </span>
  );
}

function Why({ row }: { row: Row }) {
  const reason = reasonOf(row);
  if (reason === null) return NOTHING;
  return <span className="line-clamp-1 text-muted wrap-anywhere in-data-[density=comfortable]:line-clamp-2">{reason}</span>;
}

const { names } = text.columns;
const wide = (key: ColumnKey, min: number, share: number, cell: Column["cell"]): Column => ({ key, header: names[key], min, share, cell });
const fixed = (key: ColumnKey, min: number, cell: Column["cell"], align?: "right"): Column => ({
  ...wide(key, min, 0, cell),
  ...(align ? { align } : {}),
});

export const COLUMNS: Record<ColumnKey, Column> = {
  risk: fixed("risk", 112, (row) => <Risk row={row} />),
  why: wide("why", 156, 6, (row) => <Why row={row} />),
  class: fixed("class", 106, (row) => (row.class ? <ClassBadge value={row.class} /> : NOTHING)),
  survey: wide("survey", 80, 2, (row) => <Name value={row.survey_id} />),
  respondent: wide("respondent", 80, 2, (row) => <Name value={row.respondent_id} />),
  platform: fixed("platform", 84, (row) => (row.platform ? platformWord(row.platform) : NOTHING)),
  status: fixed("status", 88, (row) => <StatusBadge status={row.status} />),
  action: fixed("action", 142, (row) => (row.recommended_action ? actionWord(row.recommended_action) : NOTHING)),
  events: fixed("events", 54, (row) => formatCount(row.event_count), "right"),
  findings: fixed("findings", 96, (row) => (row.finding_count > 0 ? <Badge tone="warn">{formatCount(row.finding_count)}</Badge> : NOTHING)),
  label: fixed("label", 66, (row) => (row.label ? <LabelBadge label={row.label} /> : NOTHING)),
  created: fixed("created", 68, (row) => <Time at={row.created_at} />, "right"),
  updated: fixed("updated", 68, (row) => <Time at={row.updated_at} />, "right"),
};

/** Checkbox and session, which are always there. */
const CHECKBOX_WIDTH = 24;
const SESSION_WIDTH = 74;
const GAP = 12;
const PADDING = 24;

/** The grid's tracks, and how wide a row is at least. */
export function tracksOf(columns: readonly Column[]): { template: string; width: number } {
  const tracks = columns.map(({ min, share }) => (share === 0 ? `${min}px` : `minmax(${min}px, ${share}fr)`));
  const widths = [CHECKBOX_WIDTH, SESSION_WIDTH, ...columns.map(({ min }) => min)];
  const width = widths.reduce((sum, each) => sum + each, PADDING + GAP * (widths.length - 1));
  // Without a column that takes what is left over, the last one would stand at the left of an empty rest.
  const rest = columns.some(({ share }) => share > 0) ? [] : ["1fr"];
  return { template: [`${CHECKBOX_WIDTH}px`, `${SESSION_WIDTH}px`, ...tracks, ...rest].join(" "), width };
}
