import { Skeleton } from "@/components";

/** The shape of a table's rows. */
export function RowsSkeleton({ rows }: { rows: number }) {
  return (
    <div className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="row-h flex items-center gap-4 px-4">
          <Skeleton className="h-4 w-2/5" />
          <Skeleton className="ml-auto h-4 w-1/5" />
          <Skeleton className="h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
