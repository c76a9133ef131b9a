import { useSearchParams } from "react-router";
import { letters as text } from "@/strings/letters";
import { EmptyState, ErrorState } from "@/components";
import { LockKeyhole } from "lucide-react";
import { ApiProblem } from "@/api/problem";
import { lettersOf, type Pipeline, useLetters } from "../queries";
import { parseFilter, withFilter } from "./filter";
import { LetterDrawer } from "./LetterDrawer";
import { LetterFilters } from "./LetterFilters";
import { LetterList, LetterListSkeleton } from "./LetterList";

/** Dead letters: filters, the list, one of them beside it. */
export function LettersPanel({ report }: { report: Pipeline | undefined }) {
  const [parameters, setParameters] = useSearchParams();
  const filter = parseFilter(parameters);
  const query = useLetters(filter);
  const rows = query.data === undefined ? [] : lettersOf(query.data);
  const opened = parameters.get("letter");
  const open = (id: string | null) =>
    setParameters((before) => {
      const next = new URLSearchParams(before);
      if (id === null) next.delete("letter");
      else next.set("letter", id);
      return next;
    });
  if (isForbidden(query.error)) {
    return (
      <EmptyState icon={LockKeyhole} title={text.forbiddenTitle}>
        {text.forbiddenText}
      </EmptyState>
    );
  }
  return (
    <div className="space-y-4">
      <LetterFilters
        filter={filter}
        onFilter={(next) => setParameters((before) => withFilter(before, next))}
        letters={rows}
        report={report}
        onRefresh={() => void query.refetch()}
        isRefreshing={query.isFetching}
      />
      {query.data !== undefined ? (
        <LetterList key={JSON.stringify(filter)} query={query} filter={filter} onOpen={open} />
      ) : query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LetterListSkeleton />
      )}
      {opened === null ? null : (
        <LetterDrawer key={opened} id={opened} letter={rows.find((row) => row.id === opened)} onClose={() => open(null)} />
      )}
    </div>
  );
}

const isForbidden = (error: Error | null): boolean => error instanceof ApiProblem && error.status === 403;
