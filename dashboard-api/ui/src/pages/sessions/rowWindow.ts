/** Which rows are in sight, when all have one height: arithmetic only, so that a million rows cost what a hundred do. */

/** Browsers cut elements off at some height (Firefox at 17.9 million pixels); above this one, scrolling is scaled. */
export const TALLEST = 15_000_000;

export interface Shape {
  count: number;
  rowHeight: number;
  /** Height in which rows are seen. */
  viewport: number;
}

/** Height that the scrolled element has. */
export const heightOf = ({ count, rowHeight }: Shape): number => Math.min(count * rowHeight, TALLEST);

/** Pixels of rows for each pixel of scrolling; 1 unless the list is too tall. */
function scaleOf(shape: Shape): number {
  const full = shape.count * shape.rowHeight;
  if (full <= TALLEST) return 1;
  return (full - shape.viewport) / (TALLEST - shape.viewport);
}

export interface RowWindow {
  first: number;
  /** The last row and one. */
  end: number;
  /**
   * Row `index` stands at `shift + (index - base) * rowHeight`. Both are 0 unless scrolling is scaled, so that rows that stay in
   * sight stay where they are, and are neither laid out nor painted again.
   */
  base: number;
  shift: number;
}

/** The rows to draw at a place of the scroll bar: those in sight and `overscan` around them. */
export function windowOf(shape: Shape, scrolled: number, overscan: number): RowWindow {
  const { count, rowHeight, viewport } = shape;
  const scale = scaleOf(shape);
  const top = Math.max(0, scrolled) * scale;
  const inSight = Math.ceil(viewport / rowHeight) + 1;
  const firstSeen = Math.min(Math.floor(top / rowHeight), Math.max(0, count - 1));
  const first = Math.max(0, firstSeen - overscan);
  const end = Math.min(count, firstSeen + inSight + overscan);
  if (scale === 1) return { first, end, base: 0, shift: 0 };
  // As far above the edge of sight as the rows there are tall.
  return { first, end, base: first, shift: scrolled - (top - first * rowHeight) };
}

/** The place of the scroll bar at which a row is in sight, as near as possible to where it stands now. */
export function scrolledTo(shape: Shape, scrolled: number, index: number): number {
  const scale = scaleOf(shape);
  const [top, rowTop] = [scrolled * scale, index * shape.rowHeight];
  if (rowTop < top) return rowTop / scale;
  const lowest = rowTop + shape.rowHeight - shape.viewport;
  return lowest > top ? lowest / scale : scrolled;
}

/** Scrolling is told in steps of so many rows: between them nothing has to be drawn. */
export const STEP_ROWS = 4;

/** The place that is told for a place of the scroll bar: the same for all places of a step, unless scrolling is scaled. */
export function stepOf(shape: Shape, scrolled: number): number {
  if (scaleOf(shape) !== 1) return scrolled;
  const step = STEP_ROWS * shape.rowHeight;
  return Math.floor(scrolled / step) * step;
}
