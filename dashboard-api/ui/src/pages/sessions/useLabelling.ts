import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { labelWord } from "@/strings/words";
import type { Book } from "./book";
import { overlayOf } from "./overlay";
import { labelSessions } from "./queries";
import type { Label, Row } from "./row";

type Known = Row["label"];

const many = (count: number): string => text.labelling.sessions(formatCount(count), count);
const shownAs = (label: Label): Known => (label === "cleared" ? null : label);

/** Labels sessions: the rows show it at once, a toast takes it back, and what fails is as it was before. */
export function useLabelling(book: Book) {
  const overlay = overlayOf(useQueryClient());
  const [isBusy, setBusy] = useState(false);

  const rowsOf = (ids: readonly string[]): Row[] => {
    const rows = ids.map((id) => book.at(book.indexOf(id)));
    return rows.filter((row) => row !== undefined);
  };
  const show = (ids: readonly string[], labels: (id: string) => Known) =>
    overlay.change(rowsOf(ids), (row) => {
      const label = labels(row.session_id);
      return label === row.label ? row : { ...row, label };
    });

  /** Writes the labels; says which sessions have them now. */
  async function write(ids: readonly string[], label: Label, before: ReadonlyMap<string, Known>): Promise<string[]> {
    show(ids, () => shownAs(label));
    const { done, unknown, failed, error } = await labelSessions(ids, label);
    show([...unknown, ...failed], (id) => before.get(id));
    // A page that was read again meanwhile may have brought the label of before.
    show(done, () => shownAs(label));
    if (failed.length > 0) {
      const description = error instanceof Error ? error.message : undefined;
      toast.error(text.labelling.failed(many(failed.length)), { ...(description ? { description } : {}) });
    }
    if (unknown.length > 0) toast.warning(text.labelling.unknown(many(unknown.length)));
    return done;
  }

  async function undo(ids: readonly string[], before: ReadonlyMap<string, Known>, after: Label): Promise<void> {
    const now = new Map(ids.map((id) => [id, shownAs(after)]));
    let restored = 0;
    for (const label of ["human", "bot", "unsure", "cleared"] as const) {
      const group = ids.filter((id) => (before.get(id) ?? null) === shownAs(label));
      if (group.length > 0) restored += (await write(group, label, now)).length;
    }
    if (restored > 0) toast(text.labelling.undone);
  }

  async function label(ids: readonly string[], given: Label): Promise<void> {
    const before = new Map(rowsOf(ids).map((row) => [row.session_id, overlay.of(row).label]));
    setBusy(true);
    try {
      const done = await write(ids, given, before);
      if (done.length === 0) return;
      const words = given === "cleared" ? text.labelling.cleared(many(done.length)) : text.labelling.done(many(done.length), labelWord(given));
      toast.success(words, { action: { label: text.labelling.undo, onClick: () => void undo(done, before, given) } });
    } finally {
      setBusy(false);
    }
  }
  return { label, isBusy };
}
