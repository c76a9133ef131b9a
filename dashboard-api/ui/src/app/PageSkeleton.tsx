import { Skeleton } from "@/components";
import { common } from "@/strings/common";

/** The rough shape of a page while its code is fetched. */
export function PageSkeleton() {
  return (
    <div role="status" aria-label={common.loading} className="space-y-6">
      <Skeleton className="h-8 w-56" />
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        {[0, 1, 2, 3].map((index) => (
          <Skeleton key={index} className="h-24" />
        ))}
      </div>
      <Skeleton className="h-80" />
    </div>
  );
}
