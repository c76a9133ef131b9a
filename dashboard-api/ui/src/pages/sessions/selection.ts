/** Which rows are chosen. */
import { useCallback, useReducer } from "react";
import type { Book } from "./book";

export interface Selection {
  ids: ReadonlySet<string>;
  /** The row that was chosen last: a range begins there. */
  anchor: string | null;
}

export type Choice =
  | { type: "toggle"; id: string }
  | { type: "range"; ids: readonly string[]; anchor: string }
  | { type: "all"; ids: readonly string[] }
  | { type: "clear" };

export const NOTHING: Selection = { ids: new Set(), anchor: null };

export function choose(selection: Selection, choice: Choice): Selection {
  switch (choice.type) {
    case "toggle": {
      const ids = new Set(selection.ids);
      if (!ids.delete(choice.id)) ids.add(choice.id);
      return { ids, anchor: choice.id };
    }
    case "range":
      return { ids: new Set([...selection.ids, ...choice.ids]), anchor: choice.anchor };
    case "all":
      return { ids: new Set(choice.ids), anchor: null };
    case "clear":
      return NOTHING;
  }
}

export function useSelection(book: Book) {
  const [{ ids, anchor }, dispatch] = useReducer(choose, NOTHING);
  /** `toHere` chooses everything from the row chosen last to this one. */
  const toggle = useCallback(
    (id: string, toHere: boolean) => {
      const from = toHere && anchor !== null ? book.indexOf(anchor) : -1;
      const to = book.indexOf(id);
      if (from < 0 || to < 0) dispatch({ type: "toggle", id });
      else dispatch({ type: "range", ids: book.idsBetween(from, to), anchor: id });
    },
    [anchor, book],
  );
  const all = () => dispatch({ type: "all", ids: book.idsBetween(0, book.length - 1) });
  const clear = useCallback(() => dispatch({ type: "clear" }), []);
  return { ids, toggle, all, clear };
}
