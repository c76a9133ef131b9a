/** What the list of surveys asks for. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, type Schemas, unwrap } from "@/api/client";
import type { Range } from "@/lib/range";
import { isServerSort, type Sort } from "@/pages/surveys/sort";

export const SURVEYS_KEY = ["surveys"] as const;

/** The API's most: orders that are made here need many surveys soon. */
const ON_A_LONG_PAGE = 100;
const ON_A_PAGE = 50;
/** Orders that are made here are made of so many, the rest is read on request. */
export const MOST_SORTED = 500;
/** Several pages are read anew now and then, a single one with every live message. */
const PAGES_REFRESH_MS = 30_000;

interface Asked {
  range: Range;
  prefix: string;
  sort: Sort;
}

export function useSurveys({ range, prefix, sort }: Asked) {
  const order = sort === "name" ? "name" : "activity";
  const limit = isServerSort(sort) ? ON_A_PAGE : ON_A_LONG_PAGE;
  return useInfiniteQuery({
    queryKey: [...SURVEYS_KEY, { range, prefix, order, limit }],
    queryFn: ({ pageParam, signal }): Promise<Schemas["SurveyPage"]> =>
      unwrap(
        api.GET("/api/v1/dashboard/surveys", {
          params: {
            query: {
              ...range,
              order,
              limit,
              ...(prefix === "" ? {} : { q: prefix }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? PAGES_REFRESH_MS : false),
  });
}
