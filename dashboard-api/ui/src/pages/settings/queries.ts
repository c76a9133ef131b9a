/** What the settings page asks of the API. */
import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, unwrap, unwrapWithResponse } from "@/api/client";
import { ApiProblem } from "@/api/problem";

export type SettingsAnswer = Schemas["SettingsAnswer"];
export type SettingsDocument = Schemas["SettingsDocument"];
export type Ruleset = Schemas["RulesetItem"];
export type Threshold = Schemas["ThresholdItem"];
export type PreviewBody = Schemas["PreviewBody"];
export type PreviewAnswer = Schemas["PreviewAnswer"];

/** Settings with the tag that a change of them has to name. */
export interface Loaded {
  answer: SettingsAnswer;
  etag: string;
}

const settingsKey = (survey: string) => ["survey-settings", survey] as const;

/** How soon a change that the gateways do not know of yet is looked at again. */
const PENDING_MS = 1500;

function loaded({ data, response }: { data: SettingsAnswer; response: Response }): Loaded {
  return { answer: data, etag: response.headers.get("etag") ?? `"${data.version}"` };
}

export function useSurveySettings(survey: string) {
  return useQuery({
    queryKey: settingsKey(survey),
    queryFn: async ({ signal }): Promise<Loaded> =>
      loaded(await unwrapWithResponse(api.GET("/api/v1/surveys/{survey}/settings", { params: { path: { survey } }, signal }))),
    refetchInterval: (query) => (query.state.data?.answer.publication.state === "pending" ? PENDING_MS : false),
  });
}

export interface Change {
  etag: string;
  settings: SettingsDocument;
}

/** Replaces the settings. Those of somebody else in between are read at once, so that both can be shown. */
export function useSaveSettings(survey: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ etag, settings }: Change): Promise<Loaded> =>
      loaded(
        await unwrapWithResponse(
          api.PUT("/api/v1/surveys/{survey}/settings", {
            params: { path: { survey }, header: { "If-Match": etag } },
            body: settings,
          }),
        ),
      ),
    onSuccess: (saved) => {
      client.setQueryData(settingsKey(survey), saved);
      void client.invalidateQueries({ queryKey: rulesetsQuery.queryKey });
    },
    onError: (error) => {
      if (isConflict(error)) return client.invalidateQueries({ queryKey: settingsKey(survey) });
    },
  });
}

export const isConflict = (error: unknown): boolean => error instanceof ApiProblem && error.status === 412;

const rulesetsQuery = infiniteQueryOptions({
  queryKey: ["rulesets"],
  queryFn: async ({ pageParam, signal }) =>
    unwrap(api.GET("/api/v1/rulesets", { params: { query: { limit: 200, ...(pageParam === null ? {} : { cursor: pageParam }) } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor ?? null,
  staleTime: 30_000,
});

export interface Rulesets {
  rulesets: Ruleset[];
  thresholds: Threshold[];
}

export function useRulesets() {
  return useInfiniteQuery({
    ...rulesetsQuery,
    select: ({ pages }): Rulesets => ({
      rulesets: pages.flatMap((page) => page.rulesets),
      thresholds: pages[0]?.thresholds ?? [],
    }),
  });
}

export type RulesetsQuery = ReturnType<typeof useRulesets>;

/** Surveys by name that begin with a text. */
export function useSurveySearch(begin: string) {
  return useInfiniteQuery({
    queryKey: ["survey-names", begin],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/dashboard/surveys", {
          params: {
            query: {
              range: "90d",
              order: begin === "" ? "activity" : "name",
              limit: 25,
              ...(begin === "" ? {} : { q: begin }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }) => pages.flatMap((page) => page.surveys.map((survey) => survey.survey_id)),
    placeholderData: (before) => before,
    staleTime: 30_000,
  });
}

/** What was asked of stored sessions; nothing before the first time. Asking for something else ends the one before. */
export function usePreview(asked: PreviewBody | null) {
  return useQuery({
    queryKey: ["preview", asked],
    queryFn: async ({ signal }): Promise<PreviewAnswer> =>
      unwrap(api.POST("/api/v1/rulesets/preview", { body: asked ?? {}, signal })),
    enabled: asked !== null,
    placeholderData: (before) => before,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
