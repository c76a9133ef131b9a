import { Ellipsis, X } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button, ConfirmDialog, IconButton, Menu } from "@/components";
import { formatCount } from "@/lib/format";
import { sessions as text } from "@/strings/sessions";
import { labelWord } from "@/strings/words";
import { download, exportPath, FORMATS } from "./exports";
import type { Filters } from "./filters";
import type { Label } from "./row";

interface Properties {
  ids: ReadonlySet<string>;
  filters: Filters;
  /** How many sessions are loaded. */
  loaded: number;
  isBusy: boolean;
  onLabel: (ids: string[], label: Label) => void;
  onAll: () => void;
  onClear: () => void;
}

const LABELS = ["human", "bot", "unsure"] as const;

async function copy(ids: ReadonlySet<string>): Promise<void> {
  try {
    await navigator.clipboard.writeText([...ids].join("\n"));
    toast(text.selection.copied(ids.size));
  } catch {
    toast.error(text.selection.copyFailed);
  }
}

/** From more sessions on, somebody is asked first: as many as one request labels. */
const MOST_UNASKED = 500;

/** What can be done with the chosen sessions. */
export function BulkBar({ ids, filters, loaded, isBusy, onLabel, onAll, onClear }: Properties) {
  const [asked, setAsked] = useState<Label | null>(null);
  const choose = (label: Label) => {
    if (ids.size > MOST_UNASKED) setAsked(label);
    else onLabel([...ids], label);
  };
  return (
    <section
      aria-label={text.selection.region}
      className="absolute inset-x-2 bottom-2 z-5 mx-auto flex w-fit max-w-[calc(100%-1rem)] flex-wrap items-center gap-1.5 rounded-card border border-strong bg-surface p-1.5 pl-3 max-sm:gap-1 max-sm:pl-2 shadow-raised"
    >
      <span role="status" className="mr-1.5 text-[13px] max-sm:mr-0.5 font-medium whitespace-nowrap tabular-nums">
        {text.selection.count(formatCount(ids.size))}
      </span>
      {LABELS.map((label) => (
        <Button key={label} size="sm" busy={isBusy} aria-label={text.selection.labelAs(labelWord(label))} onClick={() => choose(label)}>
          {labelWord(label)}
        </Button>
      ))}
      <Menu
        trigger={<IconButton label={text.selection.more} icon={Ellipsis} size="sm" />}
        items={[
          { label: text.selection.all(formatCount(loaded)), onSelect: onAll, disabled: ids.size >= loaded },
          { label: text.selection.clearLabel, onSelect: () => choose("cleared") },
          { label: text.selection.copyIds, onSelect: () => void copy(ids) },
          "separator",
          ...FORMATS.map((format) => ({
            label: text.exports.all(text.exports[format]),
            onSelect: () => download(exportPath(filters, format, false)),
          })),
        ]}
      />
      <IconButton label={text.selection.clear} icon={X} size="sm" onClick={onClear} />
      {asked === null ? null : (
        <ConfirmDialog
          open
          onOpenChange={() => setAsked(null)}
          title={text.selection.askTitle(formatCount(ids.size))}
          description={asked === "cleared" ? text.selection.askClear : text.selection.ask(labelWord(asked))}
          confirmLabel={asked === "cleared" ? text.selection.clearLabel : text.selection.labelAs(labelWord(asked))}
          onConfirm={() => {
            onLabel([...ids], asked);
            setAsked(null);
          }}
        />
      )}
    </section>
  );
}
