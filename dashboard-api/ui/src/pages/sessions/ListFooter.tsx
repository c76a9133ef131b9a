import { LoaderCircle } from "lucide-react";
import { Button, ErrorState } from "@/components";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import type { Loading } from "./useLoading";

/** Below the rows: what is being read, what stopped it, or that there is no more. */
export function ListFooter({ loading, found, isLooking }: { loading: Loading; found: number; isLooking: boolean }) {
  if (loading.error !== null) {
    return (
      <div className="p-3">
        <ErrorState compact error={loading.error} onRetry={loading.retry} />
      </div>
    );
  }
  if (!loading.hasMore) {
    return found === 0 ? null : <p className="px-3 py-4 text-center text-xs text-muted">{text.more.end}</p>;
  }
  const count = formatCount(found);
  if (loading.isStopped) {
    return (
      <div className="flex flex-wrap items-center justify-center gap-3 px-3 py-4 text-xs text-muted">
        <span role="status">{text.more.stopped(count)}</span>
        <Button size="sm" onClick={loading.goOn}>
          {text.more.goOn}
        </Button>
      </div>
    );
  }
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 px-3 py-4 text-xs text-muted">
      <LoaderCircle aria-hidden className="size-4 animate-spin motion-reduce:animate-none" />
      <span role="status">{isLooking ? text.more.looking : text.more.loading}</span>
      {isLooking ? (
        <>
          <span>{text.more.lookingHint(count)}</span>
          <Button size="sm" onClick={loading.stop}>
            {text.more.stop}
          </Button>
        </>
      ) : null}
    </div>
  );
}
