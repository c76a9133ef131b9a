import { useQuery } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import { useLiveRefresh } from "@/live";
import { SURVEY } from "@/pages/quick-start/simulate";

export type Session = Schemas["SessionItem"];
export type SessionState = Schemas["SessionState"];

/** Something is awaited here: read often until it is there, seldom afterwards. */
export const AWAITED_MS = 2000;
export const SETTLED_MS = 15_000;
/** How far back a first session is looked for. */
const DAYS = 90;
const DAY_MS = 86_400_000;

const NEWEST = ["quick-start", "newest"] as const;

/** The newest session of the organisation, or of the survey of these trials. */
const useNewestOf = (survey: string | undefined) =>
  useQuery({
    queryKey: [...NEWEST, survey ?? null],
    queryFn: async ({ signal }) => {
      const query = { limit: 1, survey, from: new Date(Date.now() - DAYS * DAY_MS).toISOString() };
      const page = await unwrap(api.GET("/api/v1/dashboard/sessions", { params: { query }, signal }));
      return page.sessions[0] ?? null;
    },
    refetchInterval: ({ state }) => (state.data?.effective_risk == null ? AWAITED_MS : SETTLED_MS),
  });

/** The session that was sent from here; `null` when none was. */
const useSent = (id: string | null) =>
  useQuery({
    queryKey: ["quick-start", "sent", id],
    queryFn: ({ signal }) =>
      id === null ? null : unwrap(api.GET("/api/v1/detection/sessions/{id}/status", { params: { path: { id } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data?.is_final === true ? false : AWAITED_MS),
  });

/** What these pages show of a session, from a list or from its state. */
export interface Watched {
  id: string;
  events: number;
  status: string;
  isFinal: boolean;
  risk: Schemas["RiskLevel"] | null;
  class: string | null;
  reason: string | null;
}

const ofItem = (item: Session): Watched => ({
  id: item.session_id,
  events: item.event_count,
  status: item.status,
  isFinal: item.status !== "active" && item.status !== "pending",
  risk: item.effective_risk ?? item.risk_level ?? null,
  class: item.class ?? null,
  reason: item.first_reason ?? item.summary ?? null,
});

const ofState = (state: SessionState): Watched => ({
  id: state.session_id,
  events: state.event_count,
  status: state.status,
  isFinal: state.is_final,
  risk: state.effective_risk ?? state.verdict?.risk_level ?? null,
  class: state.verdict?.class ?? null,
  reason: state.verdict?.reasons[0]?.text ?? state.verdict?.summary ?? null,
});

const justSent = (id: string): Watched => ({ id, events: 0, status: "pending", isFinal: false, risk: null, class: null, reason: null });

/** The sessions that say how far the installation is: the one that was sent here, else the newest trial, else the newest of all. */
export function useSessions(sent: string | null) {
  const newest = useNewestOf(undefined);
  const trial = useNewestOf(SURVEY);
  const state = useSent(sent);
  useLiveRefresh([NEWEST, ["quick-start", "sent"]]);
  const other = trial.data ?? newest.data ?? null;
  const fallback = other === null ? null : ofItem(other);
  const mine = state.data == null ? null : ofState(state.data);
  // One that was just sent is awaited; one that nobody knows (an old link) is none.
  const awaited = sent === null || state.isError ? fallback : justSent(sent);
  return { newest, watched: mine ?? awaited, any: newest.data ?? trial.data ?? null };
}
