import { useCallback, useEffect, useState } from "react";
import type { Place } from "./places";
import { heightOf, type RowWindow, scrolledTo, type Shape, STEP_ROWS, stepOf, windowOf } from "./rowWindow";

/** Without layout (a hidden tab, a test) as many rows are drawn as this would show. */
const UNKNOWN_VIEWPORT = 600;
const OVERSCAN = 6;

interface Wanted {
  count: number;
  rowHeight: number;
  /** Height of what covers the top of the scrolled part. */
  headHeight: number;
  /** Where to begin, and who is told of where the reader stands. */
  place: Place;
}

export interface Windowed extends RowWindow {
  height: number;
  /** For the scrolling element. */
  attach: (element: HTMLElement | null) => void;
  reveal: (index: number) => void;
  toTop: () => void;
}

/** Draws of many rows of one height those in sight. */
export function useRowWindow({ count, rowHeight, headHeight, place }: Wanted): Windowed {
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const [scrolled, setScrolled] = useState(0);
  const [viewport, setViewport] = useState(UNKNOWN_VIEWPORT);
  const shape: Shape = { count, rowHeight, viewport };

  const attach = useCallback(
    (element: HTMLElement | null) => {
      setScroller(element);
      if (element === null || place.top === 0) return;
      element.scrollTop = place.top;
      setScrolled(place.top);
    },
    [place],
  );

  useEffect(() => {
    if (scroller === null) return;
    const onScroll = () => {
      place.scrolledTo(scroller.scrollTop);
      setScrolled(stepOf({ count, rowHeight, viewport }, scroller.scrollTop));
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => scroller.removeEventListener("scroll", onScroll);
  }, [scroller, place, count, rowHeight, viewport]);

  useEffect(() => {
    if (scroller === null) return;
    const measure = () => {
      const seen = scroller.clientHeight;
      setViewport(seen === 0 ? UNKNOWN_VIEWPORT : Math.max(rowHeight, seen - headHeight));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    return () => observer.disconnect();
  }, [scroller, rowHeight, headHeight]);

  function scrollTo(top: number) {
    if (scroller === null) return;
    scroller.scrollTo({ top, behavior: "instant" });
    place.scrolledTo(top);
    // Told at once: whoever reveals a row wants to give it the focus in the next drawing.
    setScrolled(stepOf(shape, top));
  }

  return {
    ...windowOf(shape, scrolled, OVERSCAN + STEP_ROWS),
    height: heightOf(shape),
    attach,
    reveal: (index) => scrollTo(scrolledTo(shape, scroller?.scrollTop ?? 0, index)),
    toTop: () => scrollTo(0),
  };
}
