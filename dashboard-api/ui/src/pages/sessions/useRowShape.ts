import { useSyncExternalStore } from "react";
import { useAppearance } from "@/lib/appearance";

/** Height of the table's head, in px. */
export const HEAD_HEIGHT = 36;
/** Heights of a row, in px: as the tokens `--row-h` of both densities, which are made of rem. */
const ROWS = { comfortable: 49, compact: 34 };
const CARDS = { comfortable: 66, compact: 58 };

const NARROW = "(max-width: 639px)";

function subscribe(listener: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Rows or, on a phone, cards; and how tall each is. */
export function useRowShape(): { isCards: boolean; rowHeight: number; headHeight: number } {
  const { density } = useAppearance();
  const isCards = useSyncExternalStore(subscribe, () => matchMedia(NARROW).matches);
  return { isCards, rowHeight: (isCards ? CARDS : ROWS)[density], headHeight: isCards ? 0 : HEAD_HEIGHT };
}
