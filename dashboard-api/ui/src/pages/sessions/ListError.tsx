import { ApiProblem } from "@/api/problem";
import { Button, EmptyState, ErrorState } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { without } from "./chips";
import type { Filters } from "./filters";

interface Properties {
  error: Error;
  filters: Filters;
  onFilters: (filters: Filters) => void;
  onRetry: () => void;
}

const FILTERS_OF: Record<string, (keyof Filters)[]> = {
  from: ["range"],
  to: ["range"],
  min_score: ["minScore"],
  max_score: ["maxScore"],
};

/** The filters that the API has refused: an older server does not know them all. */
export function refusedFilters(error: Error, filters: Filters): (keyof Filters)[] {
  if (!(error instanceof ApiProblem) || error.status !== 422) return [];
  const pointers = error.errors.map(({ pointer }) => pointer.replace(/^\?/, ""));
  const isFilter = (name: string): name is keyof Filters => name in filters;
  return pointers.flatMap((name) => FILTERS_OF[name] ?? (isFilter(name) ? [name] : []));
}

/** Why there is no list, and what to do. */
export function ListError({ error, filters, onFilters, onRetry }: Properties) {
  const refused = refusedFilters(error, filters);
  if (refused.length === 0) return <ErrorState error={error} onRetry={onRetry} />;
  const named: Record<string, string> = text.filters.names;
  const names = refused.map((member) => named[member] ?? text.filters.names.score).join(", ");
  return (
    <div role="alert">
      <EmptyState title={text.refused.title} action={<Button onClick={() => onFilters(without(filters, refused))}>{text.refused.remove}</Button>}>
        {text.refused.text(names)}
      </EmptyState>
    </div>
  );
}
