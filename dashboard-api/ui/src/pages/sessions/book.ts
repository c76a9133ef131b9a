/**
 * The loaded rows as one list, without copying them into one: a page more costs the number of pages, not of rows. Pages come
 * newest first; those that were put on top later may lie anywhere in time.
 */
import type { Row } from "./row";

export interface ListPage {
  sessions: readonly Row[];
  next: string | null;
  /** The search stopped before the page was full. */
  partial: boolean;
  /** When it was read. */
  at: number;
}

export interface Book {
  readonly length: number;
  at: (index: number) => Row | undefined;
  /** Where a session stands; -1 when it is not loaded. */
  indexOf: (id: string) => number;
  /** The page (of those read in order) that a row is of; -1 for one that was put on top. */
  pageOf: (index: number) => number;
  /** The rows from one index to another, both included, in whichever order. */
  idsBetween: (one: number, other: number) => string[];
}

/** The first of `count` numbers that passes; `count` when none does. `passes` must hold for all after the first. */
function firstThat(count: number, passes: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Ids are UUIDv7: as text they are ordered as their sessions began. */
function indexWithin(rows: readonly Row[], id: string): number {
  const index = firstThat(rows.length, (place) => (rows[place]?.session_id ?? "") <= id);
  return rows[index]?.session_id === id ? index : -1;
}

export function makeBook(onTop: readonly (readonly Row[])[], pages: readonly ListPage[]): Book {
  const parts = [...onTop, ...pages.map((page) => page.sessions)];
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.length;
  }
  const partOf = (index: number): number => firstThat(parts.length, (part) => (starts[part] ?? 0) > index) - 1;
  const at = (index: number): Row | undefined => {
    const part = partOf(index);
    return parts[part]?.[index - (starts[part] ?? 0)];
  };
  // Parts without rows have no place in the order.
  const ordered = pages.map((_, page) => page + onTop.length).filter((part) => (parts[part]?.length ?? 0) > 0);

  const indexOf = (id: string): number => {
    for (const [part, rows] of onTop.entries()) {
      const found = indexWithin(rows, id);
      if (found >= 0) return (starts[part] ?? 0) + found;
    }
    const place = firstThat(ordered.length, (index) => (parts[ordered[index] ?? 0]?.at(-1)?.session_id ?? "") <= id);
    const part = ordered[place];
    if (part === undefined) return -1;
    const found = indexWithin(parts[part] ?? [], id);
    return found < 0 ? -1 : (starts[part] ?? 0) + found;
  };

  const idsBetween = (one: number, other: number): string[] => {
    const [first, end] = [Math.max(0, Math.min(one, other)), Math.min(length, Math.max(one, other) + 1)];
    const ids: string[] = [];
    for (let part = Math.max(0, partOf(first)); part < parts.length && (starts[part] ?? 0) < end; part += 1) {
      const start = starts[part] ?? 0;
      for (const row of (parts[part] ?? []).slice(Math.max(0, first - start), end - start)) ids.push(row.session_id);
    }
    return ids;
  };

  const pageOf = (index: number): number => (index < 0 || index >= length ? -1 : Math.max(-1, partOf(index) - onTop.length));
  return { length, at, indexOf, pageOf, idsBetween };
}
