/**
 * What became known of loaded rows since their pages were read: live messages, labels just given, pages read again. It stands
 * beside the pages because a page that is being loaded puts back the pages it began with, and what came meanwhile would be lost;
 * and because a change of one row then draws one row.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Row } from "./row";

/** Rows kept; the oldest go first, and are then shown as their page has them. */
const MOST_ROWS = 20_000;

export class Overlay {
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Map<string, Set<() => void>>();

  /** The row as it is known now. The same object as long as nothing changes. */
  of(row: Row): Row {
    return this.#rows.get(row.session_id) ?? row;
  }

  /** Changes rows; `change` returns the row it was given when there is nothing to change. */
  change(rows: Iterable<Row>, change: (row: Row) => Row): void {
    for (const row of rows) {
      const known = this.of(row);
      const next = change(known);
      if (next !== known) this.#put(next);
    }
  }

  /** What the server says now. */
  replace(rows: Iterable<Row>): void {
    for (const row of rows) this.#put(row);
  }

  /** Pages that were read just now say it better. */
  forget(rows: Iterable<Row>): void {
    for (const { session_id: id } of rows) if (this.#rows.delete(id)) this.#tell(id);
  }

  subscribe(id: string, listener: () => void): () => void {
    const known = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, known.add(listener));
    return () => {
      known.delete(listener);
      if (known.size === 0) this.#listeners.delete(id);
    };
  }

  #put(row: Row): void {
    const id = row.session_id;
    this.#rows.delete(id);
    this.#rows.set(id, row);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= MOST_ROWS) break;
      this.#rows.delete(oldest);
    }
    this.#tell(id);
  }

  #tell(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }
}

const overlays = new WeakMap<QueryClient, Overlay>();

export function overlayOf(client: QueryClient): Overlay {
  const known = overlays.get(client) ?? new Overlay();
  overlays.set(client, known);
  return known;
}

/** The row as it is known now. */
export function useRow(overlay: Overlay, row: Row): Row {
  return useSyncExternalStore(
    (listener) => overlay.subscribe(row.session_id, listener),
    () => overlay.of(row),
  );
}
