import type { UseQueryResult } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { ErrorState } from "./ErrorState";
import { VisuallyHidden } from "./VisuallyHidden";

export interface QueryViewProps<Data> {
  query: UseQueryResult<Data>;
  /** The same shape as the content. */
  skeleton: ReactNode;
  children: (data: Data) => ReactNode;
  /** Drawn in place of the content when it returns something. */
  empty?: ((data: Data) => ReactNode | false) | undefined;
  compactError?: boolean | undefined;
}

/** One query, one part of a page: data once there is any (kept while it is fetched again), else the error, else the skeleton. */
export function QueryView<Data>({ query, skeleton, children, empty, compactError = false }: QueryViewProps<Data>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.isError) return <ErrorState error={query.error} onRetry={retry} compact={compactError} />;
    return (
      <div aria-busy="true">
        <VisuallyHidden>{text.loading}</VisuallyHidden>
        {skeleton}
      </div>
    );
  }
  const nothing = empty?.(query.data);
  const isEmpty = nothing !== undefined && nothing !== false && nothing !== null;
  return (
    <>
      {query.isError ? <StaleNotice onRetry={retry} busy={query.isFetching} /> : null}
      {isEmpty ? nothing : children(query.data)}
    </>
  );
}

function StaleNotice({ onRetry, busy }: { onRetry: () => void; busy: boolean }) {
  return (
    <div role="status" className="mb-2 flex flex-wrap items-center gap-2 rounded-control bg-warn-soft px-3 py-1.5 text-xs text-warn">
      <TriangleAlert aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0 flex-1">{text.error.stale}</span>
      <Button size="sm" busy={busy} onClick={onRetry}>{text.error.retry}</Button>
    </div>
  );
}
