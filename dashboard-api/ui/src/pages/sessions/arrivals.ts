/**
 * Sessions that came, or came to match, since the list was read. The server says which: it is asked for what is newer than the
 * list's newest row, and a little further back when a live message speaks of an older session that is not listed.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { useLiveMessages, useLiveRefresh } from "@/live";
import { type Book, type ListPage, makeBook } from "./book";
import { type Filters, isOpenEnded, toSearch } from "./filters";
import { beganAt, mayBelong, mayShare } from "./live";
import { type Arrivals, arrivalsKey, arrivalsOf, NO_ARRIVALS, PAGE_ROWS, readPage } from "./queries";
import type { Row } from "./row";

/** How long a message is a reason to look further back: the store has its row by then. */
const REMEMBERED_MS = 5000;

/** Sessions that messages spoke of, for as long as the store may lag behind them. */
export class Heard {
  #heard: { began: number; at: number }[] = [];

  note(id: string, at: number = Date.now()): void {
    this.#heard.push({ began: beganAt(id), at });
  }

  /** When the oldest of them began; `newest` when that is older. */
  since(newest: number, at: number = Date.now()): number {
    this.#heard = this.#heard.filter((one) => at - one.at < REMEMBERED_MS);
    return this.#heard.reduce((oldest, one) => Math.min(oldest, one.began), newest);
  }
}

/** Rows by id, newest first, each once. */
export function merged(known: readonly Row[], found: readonly Row[]): Row[] {
  const all = new Map([...known, ...found].map((row) => [row.session_id, row]));
  return [...all.values()].sort((one, other) => (one.session_id < other.session_id ? 1 : -1));
}

interface Listed {
  pages: readonly ListPage[];
  /** Whether the list was read: until then nothing is new. */
  isRead: boolean;
  /** Whether all older sessions are loaded. */
  isWhole: boolean;
}

const bounds = (book: Book): { newest: number; oldest: number } => {
  const ids = [book.at(0), book.at(book.length - 1)].map((row) => row?.session_id);
  return { newest: ids[0] === undefined ? 0 : beganAt(ids[0]), oldest: ids[1] === undefined ? 0 : beganAt(ids[1]) };
};

export function useArrivals(filters: Filters, { pages, isRead, isWhole }: Listed) {
  const client = useQueryClient();
  const [heard] = useState(() => new Heard());
  const enabled = isRead && isOpenEnded(filters);
  const key = arrivalsKey(filters);

  const book = useMemo(() => makeBook([], pages), [pages]);
  const isListed = (id: string): boolean =>
    book.indexOf(id) >= 0 || arrivalsOf(client, filters).onTop.some((rows) => rows.some((row) => row.session_id === id));
  const query = useQuery({
    queryKey: key,
    enabled,
    structuralSharing: false,
    queryFn: async ({ signal }): Promise<Arrivals> => {
      const { newest, oldest } = bounds(book);
      const since = Math.max(heard.since(newest), isWhole ? 0 : oldest);
      const from = book.length === 0 ? {} : { from: new Date(since).toISOString() };
      const page = await readPage(filters, { limit: PAGE_ROWS, signal, ...from });
      // As it is by now: rows may have been put on top meanwhile.
      const known = arrivalsOf(client, filters);
      const fresh = page.sessions.filter((row) => !isListed(row.session_id));
      return { ...known, waiting: merged(known.waiting, fresh), more: known.more || page.sessions.length >= PAGE_ROWS };
    },
  });

  useLiveMessages(["session_updated", "analysis_complete", "finding"], (message) => {
    if (message.type === "snapshot" || !enabled || isListed(message.session_id)) return;
    const isWanted = message.type === "finding" ? mayShare(filters, message) : mayBelong(filters, message);
    if (isWanted) heard.note(message.session_id);
  });
  useLiveRefresh([key], {
    enabled,
    concerns: (message) => {
      if (message.type === "finding") return mayShare(filters, message) && !isListed(message.session_id);
      if (message.type !== "session_updated" && message.type !== "analysis_complete") return true;
      return mayBelong(filters, message) && !isListed(message.session_id);
    },
  });

  const search = toSearch(filters);
  /** Puts the waiting ones on top. */
  const place = useCallback(() => {
    client.setQueryData<Arrivals>(["session-arrivals", search], (known = NO_ARRIVALS) => ({
      waiting: [],
      more: false,
      onTop: known.waiting.length === 0 ? known.onTop : [known.waiting, ...known.onTop],
    }));
  }, [client, search]);

  return { ...(query.data ?? NO_ARRIVALS), place };
}
