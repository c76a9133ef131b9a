import { memo } from "react";
import { ClassBadge, LabelBadge, RiskBadge, StatusBadge, Time } from "@/components";
import { cx } from "@/lib/cx";
import { formatPercent } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { useRow } from "./overlay";
import { reasonOf } from "./row";
import { RowCheckbox, RowLink, type RowProperties } from "./SessionRow";

/** A row on a phone: what it is, and why, in two lines. */
export const SessionCard = memo(function SessionCard({ row: loaded, top, height, overlay, from, ...state }: RowProperties) {
  const row = useRow(overlay, loaded);
  const { effective_risk: risk, effective_score: score } = row;
  return (
    <div
      role="listitem"
      className={cx("absolute inset-x-0 flex items-center gap-2 contain-strict border-b px-2 text-[13px]", state.isSelected ? "bg-accent-soft" : state.isActive && "bg-raised")}
      style={{ top, height }}
    >
      <RowCheckbox row={row} isSelected={state.isSelected} onToggle={state.onToggle} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <div className="flex min-w-0 items-center gap-1.5">
          {risk ? <RiskBadge level={risk} /> : <StatusBadge status={row.status} />}
          {score === null || score === undefined ? null : <span className="text-muted tabular-nums">{formatPercent(score)}</span>}
          {row.label ? <LabelBadge label={row.label} /> : row.class ? <ClassBadge value={row.class} /> : null}
          <span className="ml-auto shrink-0 text-xs text-muted">
            <Time at={row.created_at} />
          </span>
        </div>
        <div className="flex min-w-0 items-baseline gap-2">
          <RowLink row={row} from={from} className="shrink-0" />
          <span className="min-w-0 truncate text-muted">{reasonOf(row) ?? row.survey_id ?? text.row.noVerdict}</span>
        </div>
      </div>
    </div>
  );
});
