import { Card, Field } from "@/components";
import { NumberBox } from "@/pages/settings/NumberBox";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

export function RetentionCard({ editor, disabled }: { editor: Editor; disabled: boolean }) {
  const { draft, mistakes } = editor;
  return (
    <Card title={words.retention.title} description={words.retention.description}>
      <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-1">
        <Field label={words.retention.rawEvents} hint={words.retention.hint} error={mistakes.get("retention.raw_events_days")}>
          {(control) => (
            <NumberBox {...control} allowEmpty disabled={disabled} value={draft.rawEventsDays} onNumber={(rawEventsDays) => editor.change({ rawEventsDays })} />
          )}
        </Field>
        <Field label={words.retention.sessions} hint={words.retention.hint} error={mistakes.get("retention.sessions_days")}>
          {(control) => (
            <NumberBox {...control} allowEmpty disabled={disabled} value={draft.sessionsDays} onNumber={(sessionsDays) => editor.change({ sessionsDays })} />
          )}
        </Field>
      </div>
    </Card>
  );
}
