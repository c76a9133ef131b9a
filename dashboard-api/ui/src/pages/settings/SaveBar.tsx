import { Save, Undo2 } from "lucide-react";
import { useState } from "react";
import { Button, ConfirmDialog, ErrorState, Popover } from "@/components";
import type { Difference } from "@/pages/settings/draft";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

/** Stays in sight under the cards: how much is unsaved, and saving it. */
export function SaveBar({ editor }: { editor: Editor }) {
  const { changes, dirty, mistakes, failure, conflict, loaded } = editor;
  const [resets, setResets] = useState(false);
  const isBlocked = !dirty || conflict !== null || (mistakes.size > 0 && failure === null);
  return (
    <section aria-label={words.save.bar} className="sticky bottom-0 z-20 -mx-1 border-t border-line bg-canvas/95 px-1 py-3 backdrop-blur">
      {failure === null ? null : (
        <div className="mb-3">
          <ErrorState error={failure} compact />
        </div>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" icon={Save} busy={editor.saving} disabled={isBlocked} onClick={editor.save}>
          {words.save.save}
        </Button>
        <Button icon={Undo2} disabled={!dirty || editor.saving} onClick={editor.discard}>
          {words.save.discard}
        </Button>
        <span role="status" className="text-[13px] text-muted">
          {dirty ? <Changes changes={changes} /> : words.save.none}
        </span>
        {dirty && mistakes.size > 0 ? <span className="text-[13px] text-bad">{words.save.fix}</span> : null}
        {loaded.answer.version > 0 && !dirty ? (
          <Button variant="ghost" className="ml-auto" onClick={() => setResets(true)}>
            {words.save.reset}
          </Button>
        ) : null}
      </div>
      <ConfirmDialog
        open={resets}
        onOpenChange={setResets}
        title={words.save.resetTitle}
        description={words.save.resetText}
        confirmLabel={words.save.reset}
        danger
        onConfirm={editor.reset}
      />
    </section>
  );
}

function Changes({ changes }: { changes: Difference[] }) {
  return (
    <Popover
      label={words.save.show}
      side="top"
      trigger={
        <button type="button" className="min-h-6 cursor-pointer rounded-control px-1 text-ink underline decoration-dotted underline-offset-4">
          {words.save.changes(changes.length)}
        </button>
      }
    >
      <ul className="space-y-1.5">
        {changes.map(({ key, title, before, after }) => (
          <li key={key}>
            <span className="font-medium">{title}</span>
            <span className="ml-2 text-muted tabular-nums">{before}</span>
            <span aria-hidden className="mx-1 text-faint">
              →
            </span>
            <span className="tabular-nums">{after}</span>
          </li>
        ))}
      </ul>
      <p className="mt-3 max-w-72 border-t border-line pt-2 text-xs text-muted">{words.save.pinned}</p>
    </Popover>
  );
}
