import { useEffect, useMemo } from "react";
import type { Range } from "@/lib/range";
import { MOST_SORTED, useSurveys } from "@/pages/surveys/queries";
import { isServerSort, type Sort, sorted } from "@/pages/surveys/sort";

/** The surveys as they are shown, read on by itself as far as an order needs it. */
export function useSurveyList(asked: { range: Range; prefix: string; sort: Sort }) {
  const query = useSurveys(asked);
  const { data, hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query;
  const surveys = useMemo(() => sorted(data?.pages.flatMap((page) => page.surveys) ?? [], asked.sort), [data, asked.sort]);
  const wantsMore = !isServerSort(asked.sort) && surveys.length < MOST_SORTED && hasNextPage && !isFetchingNextPage && !isError;
  useEffect(() => {
    if (wantsMore) void fetchNextPage();
  }, [wantsMore, fetchNextPage]);
  return { query, surveys, scope: data?.pages[0], isPartial: data?.pages.some((page) => page.partial) === true };
}
