import { type SyntheticEvent, useId, useState } from "react";
import { Button, Dialog, Field, Input } from "@/components";
import { common } from "@/strings/common";
import { sessions as text } from "@/strings/sessions";
import { isBuiltIn } from "./views";

interface Properties {
  /** The name of a view that is renamed; `null` for a new one. */
  name: string | null;
  taken: readonly string[];
  onSave: (name: string) => void;
  onClose: () => void;
}

/** Asks for the name of a view. */
export function ViewDialog({ name, taken, onSave, onClose }: Properties) {
  const form = useId();
  const [draft, setDraft] = useState(name ?? "");
  const wanted = draft.trim();
  const isRefused = isBuiltIn(wanted);
  const isTaken = wanted !== name && taken.includes(wanted);

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (wanted !== "" && !isRefused) onSave(wanted);
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      size="sm"
      title={name === null ? text.views.saveTitle : text.views.renameTitle}
      description={text.views.saveDescription}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" form={form} variant="primary" disabled={wanted === "" || isRefused}>
            {common.save}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit}>
        <Field
          label={text.views.name}
          error={isRefused ? text.views.builtIn : undefined}
          hint={isTaken ? text.views.taken : undefined}
        >
          {(control) => <Input {...control} value={draft} maxLength={60} onChange={(event) => setDraft(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
