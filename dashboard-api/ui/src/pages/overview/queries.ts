/** What the overview asks for; the page says what of it follows live messages. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import type { Range } from "@/lib/range";

export const COUNTS_KEY = ["overview", "counts"] as const;
export const TREND_KEY = ["overview", "trend"] as const;
export const SURVEYS_KEY = ["overview", "surveys"] as const;
export const CAMPAIGNS_KEY = ["overview", "campaigns"] as const;
export const NEWEST_KEY = ["overview", "newest"] as const;
const RATES_KEY = ["overview", "rates"] as const;

/** Most surveys of one answer; a survey under attack has new sessions, so it is among the first by activity. */
const SURVEYS_LOOKED_AT = 100;
/** The counters of many surveys are added up for this: not with every message. */
const SURVEYS_REFRESH_MS = 10_000;
const CAMPAIGNS_SHOWN = 8;
const RATES_REFRESH_MS = 5000;

export function useOverview(range: Range) {
  return useQuery({
    queryKey: [...COUNTS_KEY, range],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dashboard/overview", { params: { query: range }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function useTrend(range: Range) {
  return useQuery({
    queryKey: [...TREND_KEY, range],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dashboard/overview/trend", { params: { query: range }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function useActiveSurveys(range: Range) {
  return useQuery({
    queryKey: [...SURVEYS_KEY, range],
    queryFn: ({ signal }): Promise<Schemas["SurveyPage"]> =>
      unwrap(
        api.GET("/api/v1/dashboard/surveys", {
          params: { query: { ...range, order: "activity", limit: SURVEYS_LOOKED_AT } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: SURVEYS_REFRESH_MS,
  });
}

export function useNewestCampaigns() {
  return useQuery({
    queryKey: CAMPAIGNS_KEY,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/campaigns", { params: { query: { limit: CAMPAIGNS_SHOWN } }, signal })),
  });
}

/** The newest session of all, asked for only when a period has none: is this a first visit, or a quiet time? */
export function useNewestSession(isAsked: boolean) {
  return useQuery({
    queryKey: NEWEST_KEY,
    queryFn: async ({ signal }): Promise<Schemas["SessionItem"] | null> => {
      const page = await unwrap(api.GET("/api/v1/dashboard/sessions", { params: { query: { limit: 1 } }, signal }));
      return page.sessions[0] ?? null;
    },
    enabled: isAsked,
  });
}

/** Events and verdicts of the last minutes, and how long a verdict takes, as the server saw them come by. */
export function useRates() {
  return useQuery({
    queryKey: RATES_KEY,
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/dashboard/rates", { signal })),
    refetchInterval: RATES_REFRESH_MS,
  });
}
