import { memo, type MouseEvent } from "react";
import { Link } from "react-router";
import { VisuallyHidden } from "@/components";
import { sessionPath } from "@/app/pages";
import { cx } from "@/lib/cx";
import { shortId } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { riskWord } from "@/strings/words";
import type { Column } from "./columns";
import type { FromList } from "./neighbours";
import { type Overlay, useRow } from "./overlay";
import { reasonOf, type Row } from "./row";

export interface RowProperties {
  row: Row;
  index: number;
  isSelected: boolean;
  isActive: boolean;
  /** Where it stands, and how tall it is, in px. */
  top: number;
  height: number;
  overlay: Overlay;
  from: FromList;
  onToggle: (id: string, toHere: boolean) => void;
}

/** The row's only link: what is pressed anywhere in the row, but for the checkbox. */
export function RowLink({ row, from, className }: { row: Row; from: FromList; className?: string }) {
  return (
    <Link
      to={sessionPath(row.session_id)}
      state={from}
      data-session={row.session_id}
      title={reasonOf(row) ?? undefined}
      className={cx(
        "font-mono text-xs text-ink no-underline outline-none after:absolute after:inset-0",
        "focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent",
        className,
      )}
    >
      <VisuallyHidden>{`${text.row.open} `}</VisuallyHidden>
      {shortId(row.session_id)}
      {row.effective_risk ? <VisuallyHidden>{`, ${text.row.riskOf(riskWord(row.effective_risk))}`}</VisuallyHidden> : null}
    </Link>
  );
}

/** Drawn by the browser: there is one in each row, and rows are made while somebody scrolls. */
export function RowCheckbox({ row, isSelected, onToggle }: Pick<RowProperties, "row" | "isSelected" | "onToggle">) {
  const id = row.session_id;
  // The click tells whether a range is meant, a change event does not; the space key clicks too.
  const click = (event: MouseEvent) => onToggle(id, event.shiftKey);
  return (
    <label className="relative z-1 -ml-1 inline-flex size-7 shrink-0 cursor-pointer items-center justify-center select-none">
      <span className="sr-only">{text.row.select(shortId(id))}</span>
      <input type="checkbox" checked={isSelected} onClick={click} onChange={() => undefined} className="size-4 cursor-pointer accent-accent" />
    </label>
  );
}

interface TableRowProperties extends RowProperties {
  columns: readonly Column[];
}

/** A row of the table. Drawn again only when something of it changes. */
export const SessionRow = memo(function SessionRow({ row: loaded, index, columns, top, height, overlay, from, ...state }: TableRowProperties) {
  const row = useRow(overlay, loaded);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={cx(
        "absolute inset-x-0 grid grid-cols-(--tracks) contain-strict items-center gap-x-3 border-b px-3 text-[13px]",
        state.isSelected ? "bg-accent-soft" : state.isActive ? "bg-raised" : "hover:bg-raised/60",
      )}
      style={{ top, height }}
    >
      <div role="cell" className="flex items-center">
        <RowCheckbox row={row} isSelected={state.isSelected} onToggle={state.onToggle} />
      </div>
      <div role="cell" className="truncate">
        <RowLink row={row} from={from} />
      </div>
      {columns.map(({ key, align, cell }) => (
        <div key={key} role="cell" className={cx("min-w-0 overflow-hidden", align === "right" && "text-right tabular-nums")}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
});
