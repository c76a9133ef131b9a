import { useQueryClient } from "@tanstack/react-query";
import { useReducer, useRef, useState } from "react";
import { toast } from "sonner";
import { keysOf } from "@/pages/session/queries";
import { explain } from "./explain";
import { review as text, type GivenLabel } from "@/strings/review";
import { type LabelAsk, type Trail, useLabel } from "./queries";
import { type Change, EMPTY, type Given, reduce } from "./sitting";

/** Most sessions of one request. */
const BULK = 500;
/** One toast that the next label takes the place of, and not where the labels are given. */
const TOAST = { id: "review-label", position: "top-center" } as const;

interface Done extends Change {
  label: GivenLabel;
  /** What the server held before, where this sitting did not give it. */
  held: ReadonlyMap<string, Pick<Given, "label" | "note">>;
}

/** Gives labels at once, tells the server, takes them back when that fails or when asked to. */
export function useSitting(onUndone: (id: string) => void) {
  const [sitting, dispatch] = useReducer(reduce, EMPTY);
  const [last, setLast] = useState<Done | null>(null);
  const changes = useRef(0);
  const client = useQueryClient();
  const { mutateAsync } = useLabel();

  async function give(ids: string[], label: GivenLabel) {
    for (let begin = 0; begin < ids.length; begin += BULK) await giveSome(ids.slice(begin, begin + BULK), label);
  }

  async function giveSome(ids: string[], label: GivenLabel) {
    changes.current += 1;
    const number = changes.current;
    const done: Done = { number, label, before: new Map(ids.map((id) => [id, sitting.given.get(id)])), held: heldBefore(ids) };
    const notes = new Map(ids.map((id) => [id, (sitting.drafts.get(id) ?? "").trim()]));
    dispatch({ type: "give", change: number, label, notes });
    setLast(done);
    toast(text.labelled(ids.length, label), { ...TOAST, action: { label: text.undo, onClick: () => void undo(done) } });
    try {
      const unknown = await send(asksOf(notes, label));
      dispatch({ type: "saved", change: number });
      if (unknown.length === 0) return;
      dispatch({ type: "take-back", change: done, only: unknown });
      toast.error(text.unknownSessions(unknown.length), { position: TOAST.position });
    } catch (error) {
      dispatch({ type: "take-back", change: done });
      setLast((shown) => (shown === done ? null : shown));
      const retry = { label: text.retry, onClick: () => void giveSome(ids, label) };
      toast.error(text.failed, { ...TOAST, description: explain(error), action: retry });
    }
  }

  async function undo(done: Done) {
    setLast((shown) => (shown === done ? null : shown));
    dispatch({ type: "take-back", change: done });
    const [first] = done.before.keys();
    if (first !== undefined && done.before.size === 1) onUndone(first);
    try {
      await send(undoAsks(done));
      toast(text.undone(done.before.size), TOAST);
    } catch (error) {
      const retry = { label: text.retry, onClick: () => void undo(done) };
      toast.error(text.undoFailed, { ...TOAST, description: explain(error), action: retry });
    }
  }

  async function send(asks: LabelAsk[]): Promise<string[]> {
    const answers = await Promise.all(asks.map((ask) => mutateAsync(ask)));
    return answers.flatMap(({ unknown }) => unknown);
  }

  /** Labels of colleagues that are known here: taking ours back brings theirs back. */
  function heldBefore(ids: string[]): Done["held"] {
    const held = new Map<string, Pick<Given, "label" | "note">>();
    for (const id of ids) {
      const trail = client.getQueryData<Trail>(keysOf(id).trail);
      const label = trail?.label ?? null;
      if (label !== null && label !== "cleared") held.set(id, { label, note: trail?.trail[0]?.note ?? "" });
    }
    return held;
  }

  return {
    sitting,
    give: (ids: string[], label: GivenLabel) => void give(ids, label),
    undoLast: last === null ? null : () => void undo(last),
    draft: (id: string, note: string) => dispatch({ type: "draft", id, note }),
  };
}

/** One request for each note; most have none. */
function asksOf(notes: ReadonlyMap<string, string>, label: GivenLabel): LabelAsk[] {
  return grouped([...notes].map(([id, note]) => ({ id, label, note })));
}

function undoAsks({ before, held }: Done): LabelAsk[] {
  const entries = [...before].map(([id, given]) => {
    const stood = given ?? held.get(id);
    return stood === undefined ? { id, label: "cleared" as const, note: "" } : { id, label: stood.label, note: stood.note };
  });
  return grouped(entries);
}

function grouped(entries: { id: string; label: LabelAsk["label"]; note: string }[]): LabelAsk[] {
  const asks = new Map<string, LabelAsk>();
  for (const { id, label, note } of entries) {
    const key = `${label} ${note}`;
    const ask = asks.get(key) ?? { ids: [], label, note };
    ask.ids.push(id);
    asks.set(key, ask);
  }
  return [...asks.values()];
}
