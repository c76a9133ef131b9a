import { Bot, CircleHelp, User } from "lucide-react";
import { type KeyboardEvent, useId, useRef } from "react";
import { Button, Callout, Input, Kbd } from "@/components";
import { useHotkey } from "@/lib/useHotkey";
import { review as text, type GivenLabel } from "@/strings/review";
import type { Given } from "./sitting";

/** The API's bound; control characters, line breaks among them, are refused: one line. */
const LONGEST_NOTE = 1000;
const ICONS = { human: User, bot: Bot, unsure: CircleHelp };
const LABELS = ["human", "bot", "unsure"] as const;

interface Properties {
  given: Given | undefined;
  draft: string | undefined;
  mayLabel: boolean;
  onDraft: (note: string) => void;
  onLabel: (label: GivenLabel) => void;
  /** A note for a label that was given already. */
  onSaveNote: (label: GivenLabel) => void;
}

/** The three labels and why; always in sight. */
export function LabelBar({ given, draft, mayLabel, onDraft, onLabel, onSaveNote }: Properties) {
  const hint = useId();
  const field = useRef<HTMLDivElement>(null);
  useHotkey("n", () => field.current?.querySelector("input")?.focus());
  const leave = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    event.currentTarget.blur();
  };
  const note = draft ?? given?.note ?? "";
  if (!mayLabel) return <Callout tone="info">{text.noScope}</Callout>;
  const isChanged = given !== undefined && note.trim() !== given.note;
  return (
    <div
      role="group"
      aria-label={text.labels}
      className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-x-4 gap-y-2 border-y border-line bg-surface px-4 py-3"
    >
      <div className="flex gap-2 max-sm:w-full">
        {LABELS.map((label) => (
          <Button
            key={label}
            icon={ICONS[label]}
            aria-pressed={given?.label === label}
            className="max-sm:flex-1"
            variant={given?.label === label ? "primary" : "secondary"}
            onClick={() => onLabel(label)}
          >
            {text.labelButton[label]}
            <span className="max-sm:hidden">
              <Kbd>{text.labelKeys[label]}</Kbd>
            </span>
          </Button>
        ))}
      </div>
      <div ref={field} className="min-w-56 flex-1">
        <Input
          aria-label={text.note}
          aria-describedby={hint}
          value={note}
          maxLength={LONGEST_NOTE}
          placeholder={text.notePlaceholder}
          autoComplete="off"
          onChange={(event) => onDraft(event.target.value)}
          onKeyDown={leave}
        />
        <span id={hint} className="sr-only">
          {text.noteHint}
        </span>
      </div>
      {isChanged ? <Button onClick={() => onSaveNote(given.label)}>{text.saveNote}</Button> : null}
    </div>
  );
}
