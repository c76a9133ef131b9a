/** What this page asks the API. Keys begin with `["session", id]`. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { type EventLog, readOn } from "@/pages/session/eventLog";
import { type Limits, limitsOf } from "@/pages/session/weighing";

export type Label = Schemas["Label"];
type Trail = Schemas["ReviewTrail"];

export const keysOf = (id: string) =>
  ({
    details: ["session", id, "details"],
    events: ["session", id, "events"],
    pointer: ["session", id, "pointer"],
    typing: ["session", id, "typing"],
    similar: ["session", id, "similar"],
    trail: ["session", id, "trail"],
  }) as const;

const path = (id: string) => ({ path: { id } });

export function useSessionDetails(id: string) {
  return useQuery({
    queryKey: keysOf(id).details,
    // Events come by themselves, page by page.
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/sessions/{id}/details", { params: { ...path(id), query: { events_limit: 0 } }, signal })),
  });
}

const PAGE = 1000;
/** Events that are read without being asked for. */
const MOST = 50_000;

const readPage = (id: string, signal?: AbortSignal) => (cursor: string | undefined) =>
  unwrap(
    api.GET("/api/v1/dashboard/sessions/{id}/events", {
      params: { ...path(id), query: { events_limit: PAGE, ...(cursor === undefined ? {} : { events_cursor: cursor }) } },
      ...(signal === undefined ? {} : { signal }),
    }),
  );

/** The stored events, shown while they are read; read again, only what is new is asked for. */
export function useSessionEvents(id: string) {
  const client = useQueryClient();
  const key = keysOf(id).events;
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => {
      const known = client.getQueryData<EventLog>(key);
      const onProgress = (log: EventLog) => client.setQueryData(key, log);
      return readOn({ known, most: Math.max(MOST, known?.events.length ?? 0), readPage: readPage(id, signal), onProgress });
    },
    // Logs are only ever added to, and long: comparing them deeply would cost more than drawing them.
    structuralSharing: false,
  });
}

/** Reads on in a session of more events than are read without being asked for. */
export function useReadOn(id: string) {
  const client = useQueryClient();
  const key = keysOf(id).events;
  return useMutation({
    mutationFn: () => {
      const known = client.getQueryData<EventLog>(key);
      const onProgress = (log: EventLog) => client.setQueryData(key, log);
      return readOn({ known, most: (known?.events.length ?? 0) + MOST, readPage: readPage(id), onProgress });
    },
    onSuccess: (log) => client.setQueryData(key, log),
  });
}

/** Points that are drawn at most. */
const POINTS = 4000;
/** Events of a running session come by the log; what the server makes of all of them is asked for less often. */
const SUMMARY_MS = 10_000;

const summaryEvery = (isRunning: boolean): number | false => (isRunning ? SUMMARY_MS : false);

export function usePointer(id: string, isRunning: boolean) {
  return useQuery({
    queryKey: keysOf(id).pointer,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/sessions/{id}/pointer", { params: { ...path(id), query: { points: POINTS } }, signal })),
    refetchInterval: summaryEvery(isRunning),
  });
}

export function useTyping(id: string, isRunning: boolean) {
  return useQuery({
    queryKey: keysOf(id).typing,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dashboard/sessions/{id}/typing", { params: path(id), signal })),
    refetchInterval: summaryEvery(isRunning),
  });
}

export function useSimilar(id: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: keysOf(id).similar,
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/dashboard/sessions/{id}/similar", {
          params: { ...path(id), query: { limit: 20, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function useTrail(id: string) {
  return useQuery({
    queryKey: keysOf(id).trail,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/reviews/{id}", { params: path(id), signal })),
  });
}

export interface NewLabel {
  label: Label;
  note?: string | undefined;
}

/** Who a label is by until the server has said. */
export const PENDING_ACTOR = "";

function withLabel(trail: Trail | undefined, id: string, { label, note }: NewLabel): Trail {
  const entry = { id: Number.MAX_SAFE_INTEGER, label, note: note ?? null, actor: PENDING_ACTOR, created_at: new Date().toISOString() };
  return { session_id: id, label: label === "cleared" ? null : label, trail: [entry, ...(trail?.trail ?? [])] };
}

/** Labels the session: shown at once, taken back when the server refuses. */
export function useLabelSession(id: string) {
  const client = useQueryClient();
  const key = keysOf(id).trail;
  return useMutation({
    mutationFn: (body: NewLabel) => unwrap(api.PUT("/api/v1/reviews/{id}", { params: path(id), body })),
    onMutate: async (body) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueryData<Trail>(key);
      client.setQueryData(key, withLabel(before, id, body));
      return { before };
    },
    onError: (_error, _body, kept) => {
      if (kept?.before !== undefined) client.setQueryData(key, kept.before);
      void client.invalidateQueries({ queryKey: key });
    },
    onSuccess: (trail) => client.setQueryData(key, trail),
  });
}

export type Analysis = Schemas["AnalysisAnswer"] | Schemas["AnalysisPending"];

export const isOnItsWay = (analysis: Analysis): analysis is Schemas["AnalysisPending"] => "poll" in analysis;

/** A verdict now. */
export function useAnalyze(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (): Promise<Analysis> => unwrap(api.POST("/api/v1/detection/sessions/{id}/analyze", { params: path(id) })),
    onSuccess: () => client.invalidateQueries({ queryKey: keysOf(id).details }),
  });
}

const MOST_RULESET_PAGES = 20;

/** The limits of a ruleset; `null` when this server does not know it. A version never changes. */
export function useLimits(version: string | undefined) {
  return useQuery({
    queryKey: ["ruleset-limits", version],
    enabled: version !== undefined,
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Limits | null> => {
      let cursor: string | undefined;
      for (let page = 0; page < MOST_RULESET_PAGES; page += 1) {
        const query = cursor === undefined ? {} : { cursor };
        const answer = await unwrap(api.GET("/api/v1/rulesets", { params: { query }, signal }));
        const found = answer.rulesets.find((ruleset) => ruleset.version === version);
        if (found !== undefined) return limitsOf(found.thresholds);
        if (answer.next_cursor == null) return null;
        cursor = answer.next_cursor;
      }
      return null;
    },
  });
}
