import { PageHeader, Skeleton, VisuallyHidden } from "@/components";
import { shortId } from "@/lib/format";
import { common } from "@/strings/common";
import { session as text } from "@/strings/session";

/** The page's shape while it is read. */
export function SessionSkeleton({ id }: { id: string }) {
  const columns = "grid gap-4 xl:grid-cols-[minmax(0,1fr)_23rem]";
  return (
    <div aria-busy="true">
      <VisuallyHidden>{common.loading}</VisuallyHidden>
      <PageHeader title={<span className="font-mono text-base">{id}</span>} documentTitle={text.title(shortId(id))} back={{ to: "/sessions", label: text.back }} />
      <div className="mb-5 flex flex-wrap gap-8">
        {Array.from({ length: 6 }, (_, place) => (
          <Skeleton key={place} className="h-9 w-28" />
        ))}
      </div>
      <div className="flex flex-col gap-4">
        <div className={columns}>
          <Skeleton className="h-72 rounded-card" />
          <Skeleton className="h-72 rounded-card" />
        </div>
        <div className={columns}>
          <Skeleton className="h-80 rounded-card" />
          <Skeleton className="h-80 rounded-card" />
        </div>
        <Skeleton className="h-[36rem] rounded-card" />
      </div>
    </div>
  );
}
