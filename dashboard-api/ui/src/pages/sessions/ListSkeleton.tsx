import { Skeleton, VisuallyHidden } from "@/components";
import { sessions as text } from "@/strings/sessions";

/** As many rows as a window shows, in the shape that they will have. */
export function ListSkeleton({ isCards, rowHeight }: { isCards: boolean; rowHeight: number }) {
  return (
    <div aria-busy="true" className="min-h-0 flex-1 overflow-hidden">
      <VisuallyHidden>{text.loading}</VisuallyHidden>
      {isCards ? null : <div className="h-9 border-b" />}
      {Array.from({ length: 24 }, (_, row) => (
        <div key={row} className="flex items-center gap-4 border-b px-3" style={{ height: rowHeight }}>
          <Skeleton className="size-4 shrink-0" />
          <Skeleton className="h-3 w-20 shrink-0" />
          <Skeleton className="h-5 w-16 shrink-0 rounded-full" />
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="h-3 w-24 shrink-0 max-lg:hidden" />
          <Skeleton className="h-3 w-14 shrink-0 max-sm:hidden" />
        </div>
      ))}
    </div>
  );
}
