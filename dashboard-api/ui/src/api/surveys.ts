/** Names of surveys to choose from, on every page that filters by one. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

const MOST = 100;

/** Names that begin with `beginning`, those with the newest sessions of 90 days first. */
export function useSurveyNames(beginning = "") {
  return useQuery({
    queryKey: ["survey-choices", beginning],
    queryFn: async ({ signal }) => {
      const query = { range: "90d", limit: MOST, ...(beginning === "" ? {} : { q: beginning }) } as const;
      const page = await unwrap(api.GET("/api/v1/dashboard/surveys", { params: { query }, signal }));
      return page.surveys.map((survey) => survey.survey_id);
    },
    staleTime: 5 * 60_000,
    placeholderData: keepPreviousData,
  });
}
