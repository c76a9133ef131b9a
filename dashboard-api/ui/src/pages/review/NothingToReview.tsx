import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { BookOpenCheck } from "lucide-react";
import type { Schemas } from "@/api/client";
import { Button, ButtonLink, EmptyState } from "@/components";
import { review as text } from "@/strings/review";
import { useSearchOn } from "./useSearchOn";

type QueueQuery = UseInfiniteQueryResult<InfiniteData<Schemas["QueuePage"]>>;

/** The queue holds nothing, or nothing yet: older sessions are still looked through. */
export function NothingToReview({ query }: { query: QueueQuery }) {
  const { isSearching } = useSearchOn(query, 0);
  if (!query.hasNextPage) {
    return (
      <EmptyState icon={BookOpenCheck} title={text.emptyTitle} action={<ButtonLink to="/sessions">{text.allSessions}</ButtonLink>}>
        {text.emptyText}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={BookOpenCheck}
      title={isSearching ? text.searching : text.searchedFar}
      action={isSearching ? undefined : <Button onClick={() => void query.fetchNextPage()}>{text.searchOn}</Button>}
    />
  );
}
