/** What the list asks of the API. */
import { keepPreviousData, type InfiniteData, type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, type Schemas, unwrap } from "@/api/client";
import type { ListPage } from "./book";
import { type Filters, toQuery, toSearch } from "./filters";
import { overlayOf } from "./overlay";
import type { Label, Row } from "./row";

/** Most sessions that the API gives at a time. */
export const PAGE_ROWS = 200;
/** The first page is shorter: it is waited for. */
const FIRST_PAGE_ROWS = 100;
/** Most sessions of one labelling request. */
const BULK_ROWS = 500;
const COUNT_EVERY_MS = 30_000;

export const listKey = (filters: Filters) => ["session-list", toSearch(filters)] as const;

export const arrivalsKey = (filters: Filters) => ["session-arrivals", toSearch(filters)] as const;

type ListData = InfiniteData<ListPage, string | null>;

interface PageAsk {
  cursor?: string | null;
  limit: number;
  /** In place of the filters' own. */
  from?: string;
  signal?: AbortSignal;
}

/** One page, as the server has it now. */
export async function readPage(filters: Filters, { cursor, limit, from, signal }: PageAsk): Promise<ListPage> {
  const query = { ...toQuery(filters), ...(from === undefined ? {} : { from }), ...(cursor ? { cursor } : {}), limit };
  const page = await unwrap(api.GET("/api/v1/dashboard/sessions", { params: { query }, ...(signal ? { signal } : {}) }));
  return { sessions: shareTexts(page.sessions), next: page.next_cursor ?? null, partial: page.partial, at: Date.now() };
}

const texts = new Map<string, string>();
const MOST_TEXTS = 5000;

/** One object for equal texts: names and sentences repeat, and a hundred thousand copies of them are what fills memory. */
function shared(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MOST_TEXTS) texts.clear();
  texts.set(text, text);
  return text;
}

const shareTexts = (rows: readonly Row[]): Row[] =>
  rows.map((row) => ({
    ...row,
    platform: shared(row.platform),
    survey_id: shared(row.survey_id),
    summary: shared(row.summary),
    first_reason: shared(row.first_reason),
    first_finding: shared(row.first_finding),
  }));

/**
 * The pages from the newest on. They are never read again as a whole, however many were loaded: what changes comes by live
 * messages, and pages in view are read one by one ([`rereadPage`]).
 */
export function useSessionPages(filters: Filters) {
  const client = useQueryClient();
  return useInfiniteQuery({
    queryKey: listKey(filters),
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const limit = pageParam === null ? FIRST_PAGE_ROWS : PAGE_ROWS;
      const page = await readPage(filters, { cursor: pageParam, limit, signal });
      overlayOf(client).forget(page.sessions);
      // A list that is read anew holds what was put on top of it.
      if (pageParam === null) client.setQueryData<Arrivals>(arrivalsKey(filters), NO_ARRIVALS);
      return page;
    },
    getNextPageParam: (last) => last.next,
    staleTime: Infinity,
    // Longer than what is put on top of it, which without its list would stand twice.
    gcTime: 10 * 60_000,
    refetchOnMount: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    structuralSharing: false,
  });
}

/** Reads a loaded page again, and shows what has become of its rows. Which rows there are stays as it is. */
export async function rereadPage(client: QueryClient, filters: Filters, page: number, signal: AbortSignal): Promise<number> {
  const data = client.getQueryData<ListData>(listKey(filters));
  const old = data?.pages[page];
  if (data === undefined || old === undefined || old.sessions.length === 0) return 0;
  const limit = page === 0 ? FIRST_PAGE_ROWS : PAGE_ROWS;
  const fresh = await readPage(filters, { cursor: data.pageParams[page] ?? null, limit, signal });
  const shown = new Set(old.sessions.map((row) => row.session_id));
  overlayOf(client).replace(fresh.sessions.filter((row) => shown.has(row.session_id)));
  return fresh.at;
}

/** How many sessions match, as far as can be told quickly. */
export function useSessionCount(filters: Filters) {
  return useQuery({
    queryKey: ["session-count", toSearch(filters)],
    queryFn: async ({ signal }) => {
      const query = { ...toQuery(filters), limit: 1, count: "estimate" };
      const page = await unwrap(api.GET("/api/v1/dashboard/sessions", { params: { query }, signal }));
      return page.count ?? null;
    },
    refetchInterval: COUNT_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** How many sessions there are, once all of them are loaded; `null` before. */
export function useLoadedCount(filters: Filters): number | null {
  const { data, hasNextPage } = useSessionPages(filters);
  const client = useQueryClient();
  // Read from the cache: a second observer would put its own options in place of those that read arrivals.
  const arrivals = useSyncExternalStore(
    (listener) => client.getQueryCache().subscribe(listener),
    () => arrivalsOf(client, filters),
  );
  if (data === undefined || hasNextPage) return null;
  const parts = [...arrivals.onTop, ...data.pages.map((page) => page.sessions)];
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Sessions that came after the list was read; see [`useArrivals`]. */
export interface Arrivals {
  /** Not listed yet, newest first. */
  waiting: readonly Row[];
  /** There are more than were read. */
  more: boolean;
  /** Put on top, the latest part first. */
  onTop: readonly (readonly Row[])[];
}

export const NO_ARRIVALS: Arrivals = { waiting: [], more: false, onTop: [] };

export const arrivalsOf = (client: QueryClient, filters: Filters): Arrivals =>
  client.getQueryData<Arrivals>(arrivalsKey(filters)) ?? NO_ARRIVALS;

export interface Labelled {
  done: string[];
  unknown: string[];
  failed: string[];
  /** Why some failed. */
  error: unknown;
}

/** Labels sessions, however many: a request for each five hundred. After a failure the rest is not tried. */
export async function labelSessions(ids: readonly string[], label: Label): Promise<Labelled> {
  const result: Labelled = { done: [], unknown: [], failed: [], error: null };
  for (let begin = 0; begin < ids.length; begin += BULK_ROWS) {
    const part = ids.slice(begin, begin + BULK_ROWS);
    try {
      const { outcomes } = await unwrap(api.POST("/api/v1/reviews/bulk", { body: { session_ids: part, label } }));
      sort(outcomes, result);
    } catch (error) {
      return { ...result, failed: ids.slice(begin), error };
    }
  }
  return result;
}

function sort(outcomes: readonly Schemas["BulkOutcome"][], { done, unknown }: Labelled): void {
  for (const { session_id, outcome } of outcomes) (outcome === "unknown_session" ? unknown : done).push(session_id);
}
