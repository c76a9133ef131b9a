import { Button } from "@/components";
import { formatCount } from "@/lib/format";
import { isServerSort, type Sort } from "@/pages/surveys/sort";
import { surveys as text } from "@/strings/surveys";

interface Properties {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  shown: number;
  sort: Sort;
  isPartial: boolean;
}

/** How many are shown, what the order is worth, and the way on. */
export function ListFooter({ query, shown, sort, isPartial }: Properties) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const count = formatCount(shown);
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t px-4 py-2.5 text-[13px] text-muted">
      <div>
        <p aria-live="polite">{hasNextPage ? text.shown(count) : text.shownAll(count)}</p>
        {hasNextPage && !isServerSort(sort) ? <p className="text-xs">{text.sortedAmong(count)}</p> : null}
        {isPartial ? <p className="text-xs">{text.partial}</p> : null}
      </div>
      {hasNextPage ? (
        <Button size="sm" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {text.more}
        </Button>
      ) : null}
    </div>
  );
}
