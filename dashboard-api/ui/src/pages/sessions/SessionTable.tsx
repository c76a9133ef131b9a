import type { CSSProperties, ReactNode } from "react";
import { ScrollRegion, VisuallyHidden } from "@/components";
import { cx } from "@/lib/cx";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import type { Book } from "./book";
import { type Column, tracksOf } from "./columns";
import type { FromList } from "./neighbours";
import type { Overlay } from "./overlay";
import { SessionCard } from "./SessionCard";
import { SessionRow } from "./SessionRow";
import { HEAD_HEIGHT } from "./useRowShape";
import type { Windowed } from "./useRowWindow";

interface Properties {
  book: Book;
  window: Omit<Windowed, "attach">;
  onScroller: Windowed["attach"];
  columns: readonly Column[];
  isCards: boolean;
  rowHeight: number;
  selected: ReadonlySet<string>;
  active: string | null;
  overlay: Overlay;
  from: FromList;
  /** How many rows there are in all; -1 when nobody knows. */
  total: number;
  onToggle: (id: string, toHere: boolean) => void;
  onAll: () => void;
  onNone: () => void;
  /** Below the rows. */
  children: ReactNode;
}

type PartProperties = Omit<Properties, "onScroller" | "children">;

/** The rows in sight, as a table or, on a phone, as cards. */
export function SessionTable({ onScroller, children, ...properties }: Properties) {
  const { book, window, columns, isCards, total } = properties;
  const { template, width } = tracksOf(columns);
  const tracks = { "--tracks": template } as CSSProperties;
  const body = { height: window.height };
  const moved = window.shift === 0 ? undefined : { transform: `translateY(${window.shift}px)` };
  return (
    <ScrollRegion ref={onScroller} label={text.tableLabel} className="min-h-0 flex-1 [overflow-anchor:none]">
      {isCards ? (
        <div role="list" aria-label={text.title} className="relative" style={body}>
          <div role="presentation" className="absolute inset-x-0 top-0" style={moved}>
            <Rows {...properties} />
          </div>
        </div>
      ) : (
        <div role="table" aria-label={text.title} aria-rowcount={total < 0 ? -1 : total + 1} style={{ ...tracks, minWidth: width }}>
          <div role="rowgroup" className="sticky top-0 z-2">
            <Head {...properties} loaded={book.length} />
          </div>
          <div role="rowgroup" className="relative" style={body}>
            <div role="presentation" className="absolute inset-x-0 top-0" style={moved}>
              <Rows {...properties} />
            </div>
          </div>
        </div>
      )}
      {children}
    </ScrollRegion>
  );
}

function Head({ columns, selected, loaded, onAll, onNone }: PartProperties & { loaded: number }) {
  const isAll = loaded > 0 && selected.size >= loaded;
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="grid grid-cols-(--tracks) items-center gap-x-3 border-b bg-surface px-3 text-xs font-medium text-muted"
      style={{ height: HEAD_HEIGHT }}
    >
      <div role="columnheader" className="flex items-center">
        <VisuallyHidden>{text.selection.column}</VisuallyHidden>
        <label className="-ml-1 inline-flex size-7 cursor-pointer items-center justify-center">
          <span className="sr-only">{text.selection.all(formatCount(loaded))}</span>
          <input
            type="checkbox"
            checked={isAll}
            ref={(box) => {
              if (box) box.indeterminate = !isAll && selected.size > 0;
            }}
            onChange={isAll ? onNone : onAll}
            className="size-4 cursor-pointer accent-accent"
          />
        </label>
      </div>
      <div role="columnheader">{text.columns.names.session}</div>
      {columns.map(({ key, header, align }) => (
        <div key={key} role="columnheader" className={cx("truncate", align === "right" && "text-right")}>
          {header}
        </div>
      ))}
    </div>
  );
}

function Rows({ book, window, columns, isCards, rowHeight, selected, active, overlay, from, onToggle }: PartProperties) {
  const indexes = Array.from({ length: Math.max(0, window.end - window.first) }, (_, place) => window.first + place);
  return indexes.map((index) => {
    const row = book.at(index);
    if (row === undefined) return null;
    const id = row.session_id;
    const common = { row, index, overlay, from, onToggle, height: rowHeight, top: (index - window.base) * rowHeight, isSelected: selected.has(id), isActive: id === active };
    return isCards ? <SessionCard key={id} {...common} /> : <SessionRow key={id} {...common} columns={columns} />;
  });
}
