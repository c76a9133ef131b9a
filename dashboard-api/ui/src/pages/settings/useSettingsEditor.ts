import { useState } from "react";
import { toast } from "sonner";
import { ApiProblem } from "@/api/problem";
import {
  type Difference,
  differences,
  documentOf,
  type Draft,
  draftOf,
  isSame,
  merged,
  type Mistakes,
  mistakesOf,
  serverMistakes,
  withNumber,
} from "@/pages/settings/draft";
import { isConflict, type Loaded, type Rulesets, useSaveSettings } from "@/pages/settings/queries";
import { settings as words } from "@/strings/settings";

interface Edit {
  /** What was shown when the first value was changed. */
  began: Loaded;
  draft: Draft;
}

export interface Editor {
  loaded: Loaded;
  known: Rulesets;
  draft: Draft;
  /** What the server has, as a draft. */
  saved: Draft;
  dirty: boolean;
  /** Unsaved changes, in words. */
  changes: Difference[];
  mistakes: Mistakes;
  saving: boolean;
  /** Why the last save failed; a conflict is told by `conflict` instead. */
  failure: unknown;
  /** Somebody else has saved since: what the editing began from. */
  conflict: Draft | null;
  change: (patch: Partial<Draft>) => void;
  setThreshold: (name: string, value: number | null) => void;
  discard: () => void;
  keepMine: () => void;
  save: () => void;
  /** Takes the survey back to its organisation's settings. */
  reset: () => Promise<void>;
}

/** Edits loaded settings. Nothing is kept as long as nothing was changed, so that what others save shows by itself. */
export function useSettingsEditor(survey: string, loaded: Loaded, known: Rulesets): Editor {
  const [edit, setEdit] = useState<Edit | null>(null);
  const saving = useSaveSettings(survey);
  const saved = draftOf(loaded.answer.settings);
  const began = edit === null ? saved : draftOf(edit.began.answer.settings);
  const dirty = edit !== null && !isSame(edit.draft, began, known);
  const draft = edit !== null && dirty ? edit.draft : saved;
  const overtaken = edit !== null && dirty && edit.began.answer.version !== loaded.answer.version;
  const refused = saving.error instanceof ApiProblem && saving.error.status === 422 ? saving.error : null;

  const change = (patch: Partial<Draft>) => {
    if (!saving.isPending) saving.reset();
    setEdit({ began: edit !== null && dirty ? edit.began : loaded, draft: { ...draft, ...patch } });
  };
  const setThreshold = (name: string, value: number | null) => change({ thresholds: withNumber(draft.thresholds, name, value) });
  const discard = () => {
    saving.reset();
    setEdit(null);
  };
  const send = async (etag: string, next: Draft) => {
    const answer = await saving.mutateAsync({ etag, settings: documentOf(next, known) });
    // What was typed while it was being saved goes on from what is saved now.
    setEdit((now) => (now === null || now.draft === next ? null : { began: answer, draft: now.draft }));
  };

  return {
    loaded,
    known,
    draft,
    saved,
    dirty,
    changes: dirty ? differences(began, draft, known) : [],
    mistakes: refused === null ? mistakesOf(draft, known) : new Map([...serverMistakes(refused.errors), ...mistakesOf(draft, known)]),
    saving: saving.isPending,
    failure: isConflict(saving.error) ? null : saving.error,
    conflict: overtaken ? began : null,
    change,
    setThreshold,
    discard,
    keepMine: () => {
      saving.reset();
      setEdit({ began: loaded, draft: merged(began, draft, saved, known) });
    },
    save: () => {
      if (edit === null) return;
      void send(edit.began.etag, edit.draft).then(
        () => toast.success(words.save.saved, { description: words.save.savedHint }),
        // Told beside the button, or by the banner.
        () => undefined,
      );
    },
    reset: async () => {
      await saving.mutateAsync({ etag: loaded.etag, settings: {} });
      setEdit(null);
      toast.success(words.save.resetDone);
    },
  };
}
