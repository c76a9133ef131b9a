/** Where readers stood in lists, so that the way back from a session ends at its row. In memory only. */
export class Place {
  #top = 0;
  #active: string | null = null;

  /** Place of the scroll bar. */
  get top(): number {
    return this.#top;
  }

  /** The row that the keyboard was at. */
  get active(): string | null {
    return this.#active;
  }

  scrolledTo(top: number): void {
    this.#top = top;
  }

  wentTo(id: string | null): void {
    this.#active = id;
  }
}

const MOST_PLACES = 50;
const places = new Map<string, Place>();

/** The place in a list; `isKept` says whether the list still stands as it was, else it is read from its top. */
export function placeIn(list: string, isKept: boolean): Place {
  const known = places.get(list);
  if (known !== undefined && isKept) return known;
  const place = new Place();
  places.delete(list);
  places.set(list, place);
  const oldest = places.keys().next();
  if (places.size > MOST_PLACES && !oldest.done) places.delete(oldest.value);
  return place;
}
