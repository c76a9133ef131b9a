import { useLayoutEffect, useRef, type Key, type RefObject } from "react";
import type { RowVirtualizer } from "./virtualMeasure";

interface Anchor {
  rows: readonly unknown[];
  key: Key;
  start: number;
}

/**
 * Keeps the first row in sight where it is when rows come in before it: scrolls by as much as that row was moved. At the very top
 * there is nothing to keep. Not `scrollToOffset`: that holds on to its offset while the rows above are still being measured.
 */
export function useScrollAnchor(
  scroller: RefObject<HTMLDivElement | null>,
  virtualizer: RowVirtualizer,
  rows: readonly unknown[],
  keyAt: (index: number) => Key,
): void {
  const anchor = useRef<Anchor | null>(null);

  // After every drawing: each may have measured rows, which moves those below.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const kept = anchor.current;
    if (kept && kept.rows !== rows) {
      const index = rows.findIndex((_, each) => keyAt(each) === kept.key);
      const shift = (virtualizer.measurementsCache[index]?.start ?? kept.start) - kept.start;
      if (Math.abs(shift) >= 1) element.scrollTo({ top: element.scrollTop + shift, behavior: "instant" });
    }
    const first = element.scrollTop > 0 ? virtualizer.getVirtualItemForOffset(element.scrollTop) : undefined;
    anchor.current = first ? { rows, key: first.key, start: first.start } : null;
  });
}
