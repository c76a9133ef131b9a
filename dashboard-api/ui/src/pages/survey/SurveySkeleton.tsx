import { Skeleton } from "@/components";
import { SurveyCountersSkeleton } from "@/pages/survey/SurveyCounters";

/** The page's shape while it is read. */
export function SurveySkeleton() {
  return (
    <div className="space-y-4">
      <SurveyCountersSkeleton />
      <div className="grid gap-4 xl:grid-cols-2">
        <Skeleton className="h-80" />
        <Skeleton className="h-80" />
      </div>
      <Skeleton className="h-64" />
      <div className="grid gap-4 lg:grid-cols-2">
        <Skeleton className="h-64" />
        <Skeleton className="h-64" />
      </div>
    </div>
  );
}
