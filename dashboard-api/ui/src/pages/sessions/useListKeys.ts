import { useEffect, useEffectEvent, useState } from "react";
import { isOverlayOpen } from "@/lib/overlay";
import { useHotkey } from "@/lib/useHotkey";
import type { Book } from "./book";
import { SEARCH_ID } from "./FilterBar";
import type { Place } from "./places";

interface Wanted {
  book: Book;
  place: Place;
  reveal: (index: number) => void;
  onToggle: (id: string, toHere: boolean) => void;
  hasSelection: boolean;
  onClear: () => void;
}

const linkOf = (id: string): HTMLElement | null => document.querySelector(`[data-session="${CSS.escape(id)}"]`);

/**
 * j and k go from row to row, x chooses one, / searches, Escape lets the choice go. The row's link has the focus, so that Enter
 * opens it and a screen reader says it.
 */
export function useListKeys({ book, place, reveal, onToggle, hasSelection, onClear }: Wanted): string | null {
  const [active, setActive] = useState(place.active);
  /** Counts moves: each gives the focus to the active row once it is drawn. */
  const [moves, setMoves] = useState(0);

  const go = (by: number) => {
    const from = active === null ? -1 : book.indexOf(active);
    const index = from < 0 ? 0 : Math.min(book.length - 1, Math.max(0, from + by));
    const id = book.at(index)?.session_id;
    if (id === undefined) return;
    place.wentTo(id);
    setActive(id);
    setMoves((count) => count + 1);
    reveal(index);
  };
  useHotkey("j", () => go(1));
  useHotkey("k", () => go(-1));
  useHotkey("x", () => active !== null && book.indexOf(active) >= 0 && onToggle(active, false));
  useHotkey("/", () => document.getElementById(SEARCH_ID)?.focus());

  useEffect(() => {
    if (moves > 0 && active !== null) linkOf(active)?.focus({ preventScroll: true });
  }, [moves, active]);

  const onEscape = useEffectEvent((event: KeyboardEvent) => {
    // What is open above the list takes the key first.
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const { target } = event;
    if (target instanceof HTMLElement && target.id === SEARCH_ID) target.blur();
    else if (hasSelection && !isOverlayOpen()) onClear();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onEscape(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
  return active;
}
