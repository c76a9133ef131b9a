/** What one person has said in one sitting: labels as they are given, before the server has them, and notes being written. */
import type { GivenLabel } from "@/strings/review";

export interface Given {
  label: GivenLabel;
  note: string;
  isSaved: boolean;
  /** The change that gave it: a later one is not undone by an earlier one's failure. */
  change: number;
}

/** What a change gave, and what stood there before. */
export interface Change {
  number: number;
  before: ReadonlyMap<string, Given | undefined>;
}

export interface Sitting {
  given: ReadonlyMap<string, Given>;
  drafts: ReadonlyMap<string, string>;
}

export const EMPTY: Sitting = { given: new Map(), drafts: new Map() };

export type Action =
  | { type: "give"; change: number; label: GivenLabel; notes: ReadonlyMap<string, string> }
  | { type: "saved"; change: number }
  /** `only` these sessions, or all of the change. */
  | { type: "take-back"; change: Change; only?: readonly string[] }
  | { type: "draft"; id: string; note: string };

export function reduce(sitting: Sitting, action: Action): Sitting {
  switch (action.type) {
    case "give": {
      const given = new Map(sitting.given);
      for (const [id, note] of action.notes) given.set(id, { label: action.label, note, isSaved: false, change: action.change });
      return { ...sitting, given };
    }
    case "saved": {
      const marked = [...sitting.given].map(([id, one]): [string, Given] => [id, one.change === action.change ? { ...one, isSaved: true } : one]);
      return { ...sitting, given: new Map(marked) };
    }
    case "take-back":
      return { ...sitting, given: takenBack(sitting.given, action.change, action.only) };
    case "draft":
      return { ...sitting, drafts: new Map(sitting.drafts).set(action.id, action.note) };
  }
}

function takenBack(given: Sitting["given"], { number, before }: Change, only?: readonly string[]): Sitting["given"] {
  const next = new Map(given);
  for (const [id, stood] of before) {
    if (next.get(id)?.change !== number || only?.includes(id) === false) continue;
    if (stood === undefined) next.delete(id);
    else next.set(id, stood);
  }
  return next;
}

/** The next session without a label after `current`, else the first one; `null` when all have one. */
export function nextOpen(ids: readonly string[], current: string | null, given: Sitting["given"]): string | null {
  const place = current === null ? -1 : ids.indexOf(current);
  const isOpen = (id: string) => id !== current && !given.has(id);
  return ids.slice(place + 1).find(isOpen) ?? ids.slice(0, Math.max(0, place)).find(isOpen) ?? null;
}

/** The session `by` places further in the queue; where one is at the end, it stays. */
export function step(ids: readonly string[], current: string | null, by: 1 | -1): string | null {
  const place = current === null ? -1 : ids.indexOf(current);
  if (place === -1) return ids[0] ?? null;
  return ids[place + by] ?? current;
}

export const openOf = (ids: readonly string[], given: Sitting["given"]): string[] => ids.filter((id) => !given.has(id));
