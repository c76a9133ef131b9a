import { TriangleAlert } from "lucide-react";
import { Button, DataTable, Time } from "@/components";
import { formatCount } from "@/lib/format";
import { differingKeys, type Draft, keyTitle, valueText } from "@/pages/settings/draft";
import type { Editor } from "@/pages/settings/useSettingsEditor";
import { settings as words } from "@/strings/settings";

/** Somebody else saved first: their changes beside mine, and what to do about them. */
export function ConflictBanner({ editor, began }: { editor: Editor; began: Draft }) {
  const { draft, saved, known } = editor;
  const { version, updated_at: at, updated_by: by } = editor.loaded.answer;
  const [mine, theirs] = [differingKeys(began, draft, known), differingKeys(began, saved, known)];
  const keys = [...new Set([...theirs, ...mine])];
  const text = (key: string, whose: Draft) => valueText(key, whose, known);
  return (
    <section role="alert" aria-label={words.conflict.title} className="rounded-card border border-warn bg-surface">
      <div className="flex items-start gap-3 rounded-t-card bg-warn-soft px-4 py-3 text-[13px]">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold">{words.conflict.title}</h2>
          <p>{words.conflict.text(formatCount(version))}</p>
          {at == null ? null : (
            <p className="text-muted">
              <Time at={at} /> {by == null ? null : words.status.by(by)}
            </p>
          )}
        </div>
      </div>
      <DataTable
        caption={words.conflict.caption}
        rows={keys}
        rowKey={(key) => key}
        columns={[
          { key: "setting", header: words.conflict.setting, cell: (key) => <span className="font-medium">{keyTitle(key)}</span> },
          { key: "began", header: words.conflict.began, cell: (key) => <span className="text-muted">{text(key, began)}</span>, hideBelow: "sm" },
          { key: "theirs", header: words.conflict.theirs, cell: (key) => <Side changed={theirs.includes(key)} text={text(key, saved)} /> },
          { key: "mine", header: words.conflict.mine, cell: (key) => <Side changed={mine.includes(key)} text={text(key, draft)} /> },
        ]}
      />
      {theirs.length === 0 ? <p className="px-4 pb-3 text-[13px] text-muted">{words.conflict.same}</p> : null}
      <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3">
        <Button variant="primary" onClick={editor.keepMine}>
          {words.conflict.keepMine}
        </Button>
        <Button onClick={editor.discard}>{words.conflict.takeTheirs}</Button>
        <p className="min-w-0 flex-1 basis-64 text-xs text-muted">{words.conflict.keepHint}</p>
      </div>
    </section>
  );
}

const Side = ({ changed, text }: { changed: boolean; text: string }) => (
  <span className={changed ? "font-semibold text-ink" : "text-muted"}>{text}</span>
);
