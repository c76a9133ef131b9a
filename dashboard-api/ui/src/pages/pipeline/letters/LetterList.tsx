import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { MailCheck, SearchX } from "lucide-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { Button, Callout, Card, EmptyState, ErrorState, InlineCode, Skeleton, Time } from "@/components";
import { letters as text } from "@/strings/letters";
import { type Letter, lettersOf, type ReplayAsk } from "../queries";
import { askOfFilter, isFiltered, type LetterFilter } from "./filter";
import { LetterTable } from "./LetterTable";
import { Breakdown } from "./Breakdown";
import { ReplayDialog } from "./ReplayDialog";

type Pages = InfiniteData<Schemas["LetterPage"]>;

interface Properties {
  query: UseInfiniteQueryResult<Pages>;
  filter: LetterFilter;
  onOpen: (id: string) => void;
}

/** What a replay was asked for: named letters, or everything the filter takes. */
export interface Replay {
  ask: ReplayAsk;
  chosen: Letter[];
}

/** The list with its selection and what can be done with it. */
export function LetterList({ query, filter, onOpen }: Properties) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [replay, setReplay] = useState<Replay | null>(null);
  const rows = query.data === undefined ? [] : lettersOf(query.data);
  const chosen = rows.filter((row) => selected.has(row.id));
  const closeReplay = (isDone: boolean) => {
    setReplay(null);
    if (isDone) setSelected(new Set());
  };
  if (rows.length === 0) return <NoLetters filter={filter} pages={query.data} />;
  return (
    <>
      <Breakdown letters={rows} hasMore={query.hasNextPage} />
      {query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} compact /> : null}
      <Left pages={query.data} />
      <Card
        title={text.title}
        description={text.description}
        flush
        actions={
          <>
            {chosen.length === 0 ? null : (
              <Button variant="primary" onClick={() => setReplay({ ask: { ids: chosen.map((row) => row.id) }, chosen })}>
                {text.replaySelected(chosen.length)}
              </Button>
            )}
            {filter.back === "yes" ? null : (
              <Button title={text.replayMatchingHint} onClick={() => setReplay({ ask: askOfFilter(filter, Date.now()), chosen: [] })}>
                {text.replayMatching}
              </Button>
            )}
          </>
        }
      >
        <LetterTable letters={rows} selected={selected} onSelected={setSelected} onOpen={onOpen} />
        {query.hasNextPage ? (
          <div className="flex justify-center border-t border-line p-3">
            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {text.more}
            </Button>
          </div>
        ) : null}
      </Card>
      <p role="status" className="sr-only">
        {chosen.length === 0 ? "" : text.selected(chosen.length)}
      </p>
      {replay === null ? null : <ReplayDialog replay={replay} onClose={closeReplay} />}
    </>
  );
}

/** Says from when on the list is whole, when it is not. */
function Left({ pages }: { pages: Pages | undefined }) {
  const since = pages?.pages.at(0)?.since ?? null;
  if (since === null) return null;
  return (
    <Callout tone="info">
      {text.incomplete} <Time at={since} mode="absolute" />. <InlineCode>{text.incompleteHint}</InlineCode>
    </Callout>
  );
}

function NoLetters({ filter, pages }: { filter: LetterFilter; pages: Pages | undefined }) {
  const isEmpty = filter.back !== "yes" && !isFiltered(filter);
  return (
    <>
      <Left pages={pages} />
      <EmptyState icon={isEmpty ? MailCheck : SearchX} title={isEmpty ? text.noneTitle : text.noMatchTitle}>
        {isEmpty ? text.noneText : text.noMatchText}
      </EmptyState>
    </>
  );
}

export function LetterListSkeleton() {
  return (
    <div className="space-y-4">
      <div className="grid gap-4 md:grid-cols-2">
        <Skeleton className="h-32 rounded-card" />
        <Skeleton className="h-32 rounded-card" />
      </div>
      <Skeleton className="h-80 rounded-card" />
    </div>
  );
}
