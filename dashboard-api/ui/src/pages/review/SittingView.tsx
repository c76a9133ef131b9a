import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { Schemas } from "@/api/client";
import { Callout, Button, ErrorState } from "@/components";
import { useHotkey } from "@/lib/useHotkey";
import { review as text, type GivenLabel } from "@/strings/review";
import { Progress } from "./Progress";
import { emptyPagesAtEnd, itemsOf, useDetails, useMayLabel } from "./queries";
import { QueueList } from "./QueueList";
import { SessionPanel } from "./SessionPanel";
import { nextOpen, openOf, step } from "./sitting";
import { useSearchOn } from "./useSearchOn";
import { useSitting } from "./useSitting";

type QueueQuery = UseInfiniteQueryResult<InfiniteData<Schemas["QueuePage"]>>;

interface Properties {
  query: QueueQuery;
  onReadAgain: () => void;
}

/** One sitting: the session at hand, the queue beside it. The session at hand is in the address. */
export function SittingView({ query, onReadAgain }: Properties) {
  const items = query.data === undefined ? [] : itemsOf(query.data);
  const ids = items.map((item) => item.session_id);
  const [parameters, setParameters] = useSearchParams();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const show = (id: string | null) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (id === null) next.delete("session");
        else next.set("session", id);
        return next;
      },
      { replace: true },
    );
  const { sitting, give, undoLast, draft } = useSitting(show);
  const open = openOf(ids, sitting.given);
  const current = parameters.get("session") ?? open[0] ?? ids[0] ?? null;
  const next = nextOpen(ids, current, sitting.given);
  // Read ahead, so that the next session is there when it is wanted.
  useDetails(next);
  const mayLabel = useMayLabel();
  const { isSearching } = useSearchOn(query, open.length);
  const label = (given: GivenLabel) => {
    if (current === null || !mayLabel) return;
    give([current], given);
    show(next ?? current);
  };
  const labelSelected = (given: GivenLabel) => {
    give([...selected], given);
    setSelected(new Set());
  };
  const toggle = (id: string) => {
    const chosen = new Set(selected);
    if (!chosen.delete(id)) chosen.add(id);
    setSelected(chosen);
  };
  useReviewKeys({
    onLabel: label,
    onStep: (by) => show(step(ids, current, by)),
    onSelect: () => (current === null ? undefined : toggle(current)),
    onUndo: () => undoLast?.(),
  });
  const isDone = open.length === 0 && !query.hasNextPage;
  return (
    <div className="space-y-4">
      <Progress done={sitting.given.size} left={open.length} hasMore={query.hasNextPage} onUndo={undoLast} />
      {isDone ? (
        <Callout tone="good" title={text.doneTitle}>
          <p className="mb-2">{text.doneText(sitting.given.size)}</p>
          <Button size="sm" onClick={onReadAgain}>
            {text.again}
          </Button>
        </Callout>
      ) : null}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        {current === null ? null : (
          <SessionPanel
            key={current}
            id={current}
            item={items.find((item) => item.session_id === current)}
            place={ids.indexOf(current)}
            count={ids.length}
            hasMore={query.hasNextPage}
            given={sitting.given.get(current)}
            draft={sitting.drafts.get(current)}
            onDraft={(note) => draft(current, note)}
            mayLabel={mayLabel}
            onLabel={label}
            onSaveNote={(given) => give([current], given)}
            onStep={(by) => show(step(ids, current, by))}
          />
        )}
        <div className="min-w-0 space-y-2 lg:sticky lg:top-4">
          <QueueList
            items={items}
            current={current}
            given={sitting.given}
            selected={selected}
            onShow={show}
            onToggle={toggle}
            onSelected={setSelected}
            onLabel={mayLabel ? labelSelected : undefined}
            onEnd={() => (query.hasNextPage && !query.isFetching && !query.isError ? void query.fetchNextPage() : undefined)}
            footer={footerOf(query, isSearching)}
          />
          {query.isFetchNextPageError ? <ErrorState error={query.error} onRetry={() => void query.fetchNextPage()} compact /> : null}
        </div>
      </div>
    </div>
  );
}

function footerOf(query: QueueQuery, isSearching: boolean): string {
  if (isSearching || query.isFetchingNextPage) return text.searching;
  if (!query.hasNextPage) return text.end;
  return query.data !== undefined && emptyPagesAtEnd(query.data) > 0 ? text.searchedFar : text.goesOn;
}

interface Keys {
  onLabel: (label: GivenLabel) => void;
  onStep: (by: 1 | -1) => void;
  onSelect: () => void;
  onUndo: () => void;
}

/** Letters of the keyboard. A label is one press: a key that is held down labels one session, not the whole queue. */
function useReviewKeys({ onLabel, onStep, onSelect, onUndo }: Keys): void {
  const once = (action: () => void) => (event: KeyboardEvent) => {
    if (!event.repeat) action();
  };
  useHotkey("h", once(() => onLabel("human")));
  useHotkey("b", once(() => onLabel("bot")));
  useHotkey("u", once(() => onLabel("unsure")));
  useHotkey("z", once(onUndo));
  useHotkey("x", once(onSelect));
  useHotkey("j", () => onStep(1));
  useHotkey("k", () => onStep(-1));
}
