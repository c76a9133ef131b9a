import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import type { useSessionPages } from "./queries";

/** Rows before the end of what is loaded from which on more is read. */
const AHEAD_ROWS = 60;
/** After so many pages that nobody scrolled for, somebody is asked whether to go on: each is work for the server. */
const MOST_UNASKED = 200;

export interface Loading {
  hasMore: boolean;
  isStopped: boolean;
  /** Why the next page could not be read. */
  error: Error | null;
  stop: () => void;
  goOn: () => void;
  retry: () => void;
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
}

const isSeen = (): boolean => document.visibilityState !== "hidden";

/**
 * Reads on while the end is near: also over pages that are `partial`, which may hold nothing, for as long as they are looked at,
 * until somebody stops it.
 */
export function useLoading(pages: ReturnType<typeof useSessionPages>, lastDrawn: number, loaded: number): Loading {
  const [isHeld, setHeld] = useState(false);
  const [asked, setAsked] = useState({ loaded: 0, pages: 0 });
  const isVisible = useSyncExternalStore(onVisibility, isSeen);
  const count = pages.data?.pages.length ?? 0;
  const tooMany = asked.loaded === loaded && count - asked.pages >= MOST_UNASKED;
  if (asked.loaded !== loaded) setAsked({ loaded, pages: count });

  const isStopped = tooMany || isHeld;
  const isNear = lastDrawn >= loaded - AHEAD_ROWS;
  const error = pages.isFetchNextPageError ? pages.error : null;
  const wants = isNear && pages.hasNextPage && !pages.isFetching && error === null && !isStopped && isVisible;
  const readOn = useEffectEvent(() => void pages.fetchNextPage());
  useEffect(() => {
    if (wants) readOn();
  }, [wants, count]);

  return {
    hasMore: pages.hasNextPage,
    isStopped,
    error,
    stop: () => setHeld(true),
    goOn: () => {
      setHeld(false);
      setAsked({ loaded, pages: count });
    },
    retry: () => void pages.fetchNextPage(),
  };
}
