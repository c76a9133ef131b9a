import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useRef, type Key, type ReactNode } from "react";
import { cx } from "@/lib/cx";
import { ScrollRegion } from "./ScrollRegion";
import { useScrollAnchor } from "./useScrollAnchor";
import { measureRow, observeRect, useRemeasureOnDensity } from "./virtualMeasure";

export interface VirtualListProps<Row> {
  rows: readonly Row[];
  rowKey: (row: Row) => Key;
  /** Height of a row that was not drawn yet, in px; drawn rows are measured. */
  estimate: number;
  renderRow: (row: Row, index: number) => ReactNode;
  /** The last rows come into view: load more. Called once for each length of the list. */
  onEndReached?: (() => void) | undefined;
  ariaLabel: string;
  /** Sets the height of the scrolling part. */
  className?: string | undefined;
  overscan?: number | undefined;
}

/**
 * Draws only the rows in sight. Its height is its class's, not the window's. Rows put in before the first one do not move what is
 * being read; at the very top they come into view.
 */
export function VirtualList<Row>({ rows, rowKey, estimate, renderRow, onEndReached, ariaLabel, className, overscan = 8 }: VirtualListProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const keyAt = (index: number): Key => {
    const row = rows[index];
    return row === undefined ? index : rowKey(row);
  };
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer changes within; nothing derived from it is memoised
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimate,
    getItemKey: keyAt,
    overscan,
    observeElementRect: observeRect,
    measureElement: measureRow,
  });
  useRemeasureOnDensity(virtualizer);
  useScrollAnchor(scroller, virtualizer, rows, keyAt);

  const items = virtualizer.getVirtualItems();
  const endInSight = (items.at(-1)?.index ?? -1) >= rows.length - 1;
  const reportEnd = useEffectEvent(() => onEndReached?.());
  useEffect(() => {
    if (endInSight && rows.length > 0) reportEnd();
  }, [endInSight, rows.length]);

  return (
    <ScrollRegion ref={scroller} label={ariaLabel} className={cx("[overflow-anchor:none]", className)}>
      <div className="relative w-full" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className="absolute top-0 left-0 w-full"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {renderRow(row, item.index)}
            </div>
          );
        })}
      </div>
    </ScrollRegion>
  );
}
