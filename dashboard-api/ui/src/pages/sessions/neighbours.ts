/** The sessions before and after one in the list that a reader came from, for the page of one session. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { type ListPage, makeBook } from "./book";
import { parseFilters } from "./filters";
import { arrivalsOf, listKey } from "./queries";

/** State of the address of a session that was opened from the list. */
export interface FromList {
  /** The list's query, without `?`. */
  list: string;
}

export interface Neighbours {
  previous: string | null;
  next: string | null;
}

export const isFromList = (state: unknown): state is FromList =>
  typeof state === "object" && state !== null && "list" in state && typeof state.list === "string";

/** As far as the list is loaded; both are `null` when it is not, or does not hold the session. */
export function neighboursOf(client: QueryClient, list: string, id: string): Neighbours {
  const filters = parseFilters(new URLSearchParams(list));
  const data = client.getQueryData<InfiniteData<ListPage>>(listKey(filters));
  const book = makeBook(arrivalsOf(client, filters).onTop, data?.pages ?? []);
  const index = book.indexOf(id);
  const at = (place: number): string | null => (index < 0 ? null : (book.at(place)?.session_id ?? null));
  return { previous: at(index - 1), next: at(index + 1) };
}
