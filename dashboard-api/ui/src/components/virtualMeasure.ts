import { observeElementRect, type Rect, type Virtualizer } from "@tanstack/react-virtual";
import { useEffect } from "react";

export type RowVirtualizer = Virtualizer<HTMLDivElement, HTMLDivElement>;

/** A list without layout yet (a hidden tab, a test) draws as many rows as this would show. */
const FALLBACK: Rect = { width: 800, height: 600 };

export function observeRect(virtualizer: RowVirtualizer, report: (rect: Rect) => void) {
  return observeElementRect(virtualizer, (rect) => report(rect.height > 0 ? rect : FALLBACK));
}

/** The drawn height; the estimate where there is no layout. */
export function measureRow(row: HTMLDivElement, entry: ResizeObserverEntry | undefined, virtualizer: RowVirtualizer): number {
  const height = entry?.borderBoxSize[0]?.blockSize ?? row.getBoundingClientRect().height;
  return height > 0 ? height : virtualizer.options.estimateSize(Number(row.dataset["index"]));
}

/** Another density changes the height of every row, also of those that were measured and are not drawn now. */
export function useRemeasureOnDensity(virtualizer: RowVirtualizer): void {
  useEffect(() => {
    const observer = new MutationObserver(() => virtualizer.measure());
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-density"] });
    return () => observer.disconnect();
  }, [virtualizer]);
}
