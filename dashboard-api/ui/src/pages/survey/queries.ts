/** What one survey's page asks for. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Range } from "@/lib/range";

const WORST_SHOWN = 8;

export const surveyKey = (survey: string) => ["survey-page", survey, "counts"] as const;
export const worstKey = (survey: string) => ["survey-page", survey, "worst"] as const;

export function useSurvey(survey: string, range: Range) {
  return useQuery({
    queryKey: [...surveyKey(survey), range],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/surveys/{survey}", { params: { path: { survey }, query: range }, signal })),
    // The counts before stay while another period is read; those of another survey would be wrong.
    placeholderData: (before) => (before?.survey_id === survey ? before : undefined),
  });
}

/** The newest sessions of high and critical risk, of the hours that were counted. */
export function useWorstSessions(survey: string, { from, to }: { from: string; to: string }) {
  return useQuery({
    queryKey: [...worstKey(survey), from, to],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/dashboard/sessions", {
          params: { query: { survey, from, to, risk: "HIGH,CRITICAL", limit: WORST_SHOWN } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** Times on pages. Made of stored events, so not read again with every message. */
export function useTimings(survey: string, range: Range) {
  return useQuery({
    queryKey: ["survey-page", survey, "timings", range],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/dashboard/surveys/{survey}/timings", { params: { path: { survey }, query: range }, signal })),
    placeholderData: (before) => (before?.survey_id === survey ? before : undefined),
    staleTime: 60_000,
  });
}

/** The report as a file's content. */
export function useReport(survey: string, range: Range) {
  return useMutation({
    mutationFn: () =>
      unwrap<Blob>(
        api.GET("/api/v1/dashboard/surveys/{survey}/report.pdf", {
          params: { path: { survey }, query: range },
          parseAs: "blob",
          headers: { accept: "application/pdf, application/problem+json" },
        }),
      ),
  });
}
