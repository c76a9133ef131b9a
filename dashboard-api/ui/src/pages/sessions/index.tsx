import { useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { IconButton, PageHeader } from "@/components";
import { sessions as text } from "@/strings/sessions";
import { ColumnMenu } from "./ColumnMenu";
import { CountLine } from "./CountLine";
import { ExportMenu } from "./ExportMenu";
import { FilterBar } from "./FilterBar";
import { FilterChips } from "./FilterChips";
import { type Filters, parseFilters, toSearch } from "./filters";
import { listKey, useLoadedCount, useSessionCount } from "./queries";
import { SessionList } from "./SessionList";
import { useColumns } from "./useColumns";
import { ViewBar } from "./ViewBar";

/** Every session, newest first: filtered by the address, live, and labelled in bulk. */
export default function SessionsPage() {
  const [parameters, setParameters] = useSearchParams();
  const filters = useMemo(() => parseFilters(parameters), [parameters]);
  const search = toSearch(filters);
  const setFilters = (next: Filters) => setParameters(toSearch(next), { replace: true });
  const [columns, setColumns] = useColumns();
  const count = useSessionCount(filters);
  const loaded = useLoadedCount(filters);
  const told = count.isPlaceholderData ? undefined : count.data;
  // What stands in the list is surer than an estimate.
  const known = loaded === null ? told : ({ value: loaded, kind: "exact" } as const);
  const client = useQueryClient();
  const readAgain = () => {
    void client.resetQueries({ queryKey: listKey(filters) });
    void count.refetch();
  };
  return (
    <div className="-mb-6 flex h-[calc(100dvh-4.75rem)] min-h-120 flex-col pb-4 lg:h-[calc(100dvh-1.5rem)]">
      <PageHeader
        title={text.title}
        description={<CountLine count={known} />}
        actions={
          <>
            <IconButton label={text.refresh} icon={RotateCw} onClick={readAgain} className="max-sm:hidden" />
            <span className="max-sm:hidden">
              <ColumnMenu columns={columns} onColumns={setColumns} />
            </span>
            <ExportMenu filters={filters} />
          </>
        }
      />
      <div className="-mt-3 mb-3 flex flex-col gap-2">
        <ViewBar search={search} />
        <FilterBar filters={filters} onFilters={setFilters} />
        <FilterChips filters={filters} onFilters={setFilters} />
      </div>
      <SessionList
        key={search}
        filters={filters}
        columns={columns}
        total={known?.kind === "exact" ? known.value : -1}
        onFilters={setFilters}
      />
    </div>
  );
}
