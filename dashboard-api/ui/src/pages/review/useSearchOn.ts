import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Schemas } from "@/api/client";
import { emptyPagesAtEnd } from "./queries";

/** Fewer sessions than this left to label: read the next page before they are done. */
const FEW = 10;
/** Pages without a session that are read in a row by themselves: each looks at 20,000 sessions. */
const PATIENCE = 10;

/** Reads the next page of the queue by itself while few sessions are `left`, with bounded patience for empty pages. */
export function useSearchOn(query: UseInfiniteQueryResult<InfiniteData<Schemas["QueuePage"]>>, left: number): { isSearching: boolean } {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const isPatient = data !== undefined && emptyPagesAtEnd(data) < PATIENCE;
  const goesOn = left < FEW && hasNextPage && isPatient && !isError;
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage();
  }, [goesOn, isFetching, fetchNextPage]);
  return { isSearching: goesOn };
}
