/** What the review page asks the API. */
import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAppFacts } from "@/api/app";
import { api, type Schemas, unwrap } from "@/api/client";
import { keysOf } from "@/pages/session/queries";
import type { GivenLabel } from "@/strings/review";
import { type QueueFilter, queueQuery } from "./filter";

export type QueueItem = Schemas["QueueItem"];
export type Details = Schemas["SessionDetails"];
export type Reason = Schemas["Reason"];
export type Finding = Schemas["Finding"];
export type Trail = Schemas["ReviewTrail"];

const ON_A_PAGE = 50;
export const detailsKey = (id: string) => ["review-details", id];

/**
 * The queue of one sitting. It stays as it was read: whoever goes through it wants the next session where it was, and the labels
 * given since are the page's own. Leaving the page ends the sitting.
 */
export function useQueue(filter: QueueFilter) {
  return useInfiniteQuery({
    queryKey: ["review-queue", filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: ON_A_PAGE, ...queueQuery(filter, Date.now()), ...(pageParam === null ? {} : { cursor: pageParam }) };
      return unwrap(api.GET("/api/v1/reviews/queue", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: Infinity,
    gcTime: 0,
  });
}

export const itemsOf = (data: InfiniteData<Schemas["QueuePage"]>): QueueItem[] => data.pages.flatMap((page) => page.sessions);

/** Pages at the end that held nothing, because the API looks at a bounded number of sessions for each. */
export function emptyPagesAtEnd(data: InfiniteData<Schemas["QueuePage"]>): number {
  const full = data.pages.findLastIndex((page) => page.sessions.length > 0);
  return data.pages.length - 1 - full;
}

export function useDetails(id: string | null) {
  return useQuery({
    queryKey: detailsKey(id ?? ""),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/sessions/{id}/details", { params: { path: { id: id ?? "" }, query: { events_limit: 0 } }, signal })),
    enabled: id !== null,
    staleTime: 30_000,
  });
}

const SCOPE = "reviews:write";

/** Whether the caller may label. While that is not known it may try: the API decides. */
export function useMayLabel(): boolean {
  return useAppFacts().data?.scopes.includes(SCOPE) ?? true;
}

export interface LabelAsk {
  ids: string[];
  label: GivenLabel | "cleared";
  note: string;
}

/** Labels sessions and tells which are not known. One after the other, so that the last label given is the one that holds. */
export function useLabel() {
  const client = useQueryClient();
  return useMutation({
    scope: { id: "review-labels" },
    mutationFn: async ({ ids, label, note }: LabelAsk): Promise<{ unknown: string[] }> => {
      const body = { label, ...(note === "" ? {} : { note }) };
      const [only, ...others] = ids;
      if (only !== undefined && others.length === 0) {
        const trail = await unwrap(api.PUT("/api/v1/reviews/{id}", { params: { path: { id: only } }, body }));
        client.setQueryData<Trail>(keysOf(only).trail, trail);
        return { unknown: [] };
      }
      const { outcomes } = await unwrap(api.POST("/api/v1/reviews/bulk", { body: { session_ids: ids, ...body } }));
      for (const id of ids) void client.invalidateQueries({ queryKey: keysOf(id).trail });
      return { unknown: outcomes.filter(({ outcome }) => outcome === "unknown_session").map(({ session_id }) => session_id) };
    },
  });
}
