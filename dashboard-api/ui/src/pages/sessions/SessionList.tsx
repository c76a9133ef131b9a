import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState } from "react";
import { useArrivals } from "./arrivals";
import { BulkBar } from "./BulkBar";
import { makeBook } from "./book";
import { COLUMNS, type ColumnKey } from "./columns";
import { type Filters, toSearch } from "./filters";
import { ListError } from "./ListError";
import { ListFooter } from "./ListFooter";
import { ListSkeleton } from "./ListSkeleton";
import { NewPill } from "./NewPill";
import { Nothing } from "./Nothing";
import { overlayOf } from "./overlay";
import { placeIn } from "./places";
import { listKey, useSessionPages } from "./queries";
import { useSelection } from "./selection";
import { SessionTable } from "./SessionTable";
import { useFreshRows } from "./useFreshRows";
import { useLabelling } from "./useLabelling";
import { useListKeys } from "./useListKeys";
import { useLoading } from "./useLoading";
import { useRowShape } from "./useRowShape";
import { useRowWindow } from "./useRowWindow";

interface Properties {
  filters: Filters;
  columns: readonly ColumnKey[];
  /** How many sessions match, when that is known exactly; else -1. */
  total: number;
  onFilters: (filters: Filters) => void;
}

const NO_PAGES: [] = [];

/** The list of one set of filters. Another set is another list: mount it anew. */
export function SessionList({ filters, columns: keys, total, onFilters }: Properties) {
  const client = useQueryClient();
  const list = toSearch(filters);
  const [place] = useState(() => placeIn(list, client.getQueryData(listKey(filters)) !== undefined));
  const query = useSessionPages(filters);
  const pages = query.data?.pages ?? NO_PAGES;
  const isRead = query.data !== undefined;
  const arrivals = useArrivals(filters, { pages, isRead, isWhole: isRead && !query.hasNextPage });
  const book = useMemo(() => makeBook(arrivals.onTop, pages), [arrivals.onTop, pages]);
  const shape = useRowShape();
  const { attach, ...rows } = useRowWindow({ ...shape, count: book.length, place });
  const loading = useLoading(query, rows.end, book.length);
  const selection = useSelection(book);
  const labelling = useLabelling(book);
  const active = useListKeys({
    book,
    place,
    reveal: rows.reveal,
    onToggle: selection.toggle,
    hasSelection: selection.ids.size > 0,
    onClear: selection.clear,
  });
  useFreshRows(filters, { book, pages, middle: (rows.first + rows.end) >> 1 });
  const columns = useMemo(() => keys.map((key) => COLUMNS[key]), [keys]);
  const from = useMemo(() => ({ list }), [list]);

  const { place: putOnTop } = arrivals;
  const showNew = () => {
    // Too many to be put on top: the list is read again.
    if (arrivals.more) void client.resetQueries({ queryKey: listKey(filters) });
    else putOnTop();
    rows.toTop();
  };
  // In an empty list nothing can jump.
  const isWaitedFor = isRead && book.length === 0 && arrivals.waiting.length > 0;
  const fill = useEffectEvent(() => putOnTop());
  useEffect(() => {
    if (isWaitedFor) fill();
  }, [isWaitedFor]);

  if (!isRead) {
    const content = query.isError ? (
      <ListError error={query.error} filters={filters} onFilters={onFilters} onRetry={() => void query.refetch()} />
    ) : (
      <ListSkeleton {...shape} />
    );
    return <Frame>{content}</Frame>;
  }
  if (book.length === 0 && !query.hasNextPage) {
    return (
      <Frame>
        <Nothing filters={filters} onFilters={onFilters} />
      </Frame>
    );
  }
  return (
    <Frame>
      <NewPill count={arrivals.waiting.length} more={arrivals.more} onShow={showNew} />
      <SessionTable
        {...{ book, columns, active, from, total }}
        window={rows}
        onScroller={attach}
        isCards={shape.isCards}
        rowHeight={shape.rowHeight}
        selected={selection.ids}
        overlay={overlayOf(client)}
        onToggle={selection.toggle}
        onAll={selection.all}
        onNone={selection.clear}
      >
        <div className={selection.ids.size > 0 ? "sticky left-0 pb-16" : "sticky left-0"}>
          <ListFooter loading={loading} found={book.length} isLooking={pages.at(-1)?.partial === true} />
        </div>
      </SessionTable>
      {selection.ids.size === 0 ? null : (
        <BulkBar
          ids={selection.ids}
          filters={filters}
          loaded={book.length}
          isBusy={labelling.isBusy}
          onLabel={(ids, label) => void labelling.label(ids, label)}
          onAll={selection.all}
          onClear={selection.clear}
        />
      )}
    </Frame>
  );
}

const Frame = ({ children }: { children: ReactNode }) => (
  <div className="relative flex min-h-0 flex-1 flex-col overflow-hidden rounded-card border bg-surface">{children}</div>
);
