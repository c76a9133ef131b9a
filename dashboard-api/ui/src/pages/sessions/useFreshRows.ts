/** Keeps loaded rows as they are by now: live messages at once, and the page in sight read again where they do not say it all. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type LiveFinding, type SessionUpdate, useLiveMessages, useLiveRefresh } from "@/live";
import type { Book, ListPage } from "./book";
import { type Filters, toSearch } from "./filters";
import { withFinding, withUpdate } from "./live";
import { overlayOf } from "./overlay";
import { rereadPage } from "./queries";

/** A page that comes into sight is read again when it is older. */
const FRESH_MS = 10_000;
/** Scrolling past a page is not looking at it. */
const SETTLED_MS = 300;

function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}

interface Seen {
  book: Book;
  pages: readonly ListPage[];
  /** A row in the middle of what is in sight. */
  middle: number;
}

export function useFreshRows(filters: Filters, { book, pages, middle }: Seen): void {
  const client = useQueryClient();
  const overlay = overlayOf(client);
  const page = useSettled(Math.max(0, book.pageOf(middle)), SETTLED_MS);
  const key = ["session-page", toSearch(filters), page] as const;
  const readAt = pages[page]?.at ?? 0;

  useQuery({
    queryKey: key,
    queryFn: ({ signal }) => rereadPage(client, filters, page, signal),
    enabled: readAt > 0,
    initialData: readAt,
    initialDataUpdatedAt: readAt,
    staleTime: FRESH_MS,
    gcTime: 60_000,
  });

  const isInSight = (id: string): boolean => {
    const index = book.indexOf(id);
    return index >= 0 && Math.max(0, book.pageOf(index)) === page;
  };
  const show = (message: SessionUpdate | LiveFinding) => {
    const row = book.at(book.indexOf(message.session_id));
    if (row === undefined) return;
    overlay.change([row], (known) => (message.type === "finding" ? withFinding(known, message) : withUpdate(known, message)));
  };
  useLiveMessages(["session_updated", "analysis_complete", "finding"], (message) => {
    if (message.type !== "snapshot") show(message);
  });
  useLiveRefresh([key], { concerns: (message) => "session_id" in message && isInSight(message.session_id) });
}
