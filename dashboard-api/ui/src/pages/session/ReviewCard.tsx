import { Bot, CircleHelp, type LucideIcon, UserRound } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { ApiProblem } from "@/api/problem";
import { Button, Card, Field, QueryView, SkeletonText, Textarea, Time } from "@/components";
import type { Schemas } from "@/api/client";
import { cx } from "@/lib/cx";
import { type Label, type NewLabel, useLabelSession, useTrail } from "@/pages/session/queries";
import { common } from "@/strings/common";
import { session } from "@/strings/session";

const text = session.review;

type Trail = Schemas["ReviewTrail"];

const MOST_NOTE = 1000;
const LABELS: readonly { label: "human" | "bot" | "unsure"; icon: LucideIcon }[] = [
  { label: "human", icon: UserRound },
  { label: "bot", icon: Bot },
  { label: "unsure", icon: CircleHelp },
];

/** What people say of the session, and what they have said. */
export function ReviewCard({ id }: { id: string }) {
  const trail = useTrail(id);
  return (
    <Card title={text.title} description={text.description}>
      <QueryView query={trail} skeleton={<SkeletonText lines={4} />} compactError>
        {(data) => <Review id={id} trail={data} />}
      </QueryView>
    </Card>
  );
}

function useLabelling(id: string, trail: Trail) {
  const change = useLabelSession(id);
  const held = trail.label ?? null;
  const latest = trail.trail[0];
  const say = (body: NewLabel, isUndo = false) => {
    const before: NewLabel = { label: held ?? "cleared", ...(held === null || latest?.note == null ? {} : { note: latest.note }) };
    change.mutate(body, {
      onSuccess: () => {
        const said = body.label === "cleared" ? text.cleared : text.saved(text.entries[body.label] ?? body.label);
        toast.success(said, isUndo ? undefined : { action: { label: text.undo, onClick: () => say(before, true) } });
      },
      onError: (error) => toast.error(text.failed, { description: error instanceof ApiProblem ? (error.detail ?? error.title) : error.message }),
    });
  };
  return { say, held, isSaving: change.isPending };
}

function Review({ id, trail }: { id: string; trail: Trail }) {
  const { say, held, isSaving } = useLabelling(id, trail);
  const latest = trail.trail[0];
  const note = held === null ? "" : (latest?.note ?? "");
  return (
    <div className="flex flex-col gap-3">
      <div role="group" aria-label={text.labels} className="grid grid-cols-3 gap-2">
        {LABELS.map(({ label, icon }) => (
          <LabelButton key={label} label={label} icon={icon} isHeld={held === label} onPress={() => (held === label ? undefined : say(withNote(label, note)))} />
        ))}
      </div>
      {held === null ? null : (
        <>
          <NoteEditor key={`${held}:${note}`} note={note} isSaving={isSaving} onSave={(next) => say(withNote(held, next))} />
          <Button size="sm" variant="ghost" className="self-start" onClick={() => say({ label: "cleared" })}>
            {text.takeBack}
          </Button>
        </>
      )}
      <TrailList trail={trail} />
    </div>
  );
}

const withNote = (label: Label, note: string): NewLabel => (note.trim() === "" ? { label } : { label, note: note.trim() });

const HELD: Record<string, string> = {
  human: "border-good! bg-good-soft! text-good!",
  bot: "border-bad! bg-bad-soft! text-bad!",
  unsure: "border-warn! bg-warn-soft! text-warn!",
};

function LabelButton({ label, icon, isHeld, onPress }: { label: Label; icon: LucideIcon; isHeld: boolean; onPress: () => void }) {
  return (
    <Button icon={icon} aria-pressed={isHeld} onClick={onPress} className={cx("h-9! px-1!", isHeld && HELD[label])}>
      {text.entries[label]}
    </Button>
  );
}

/** A note for the label that holds. Enter makes a new line; control characters are not allowed, so it is a space when saved. */
function NoteEditor({ note, isSaving, onSave }: { note: string; isSaving: boolean; onSave: (note: string) => void }) {
  const [isOpen, setOpen] = useState(note !== "");
  const [value, setValue] = useState(note);
  if (!isOpen) {
    return (
      <Button size="sm" className="self-start" onClick={() => setOpen(true)}>
        {text.addNote}
      </Button>
    );
  }
  const plain = value.replaceAll(/\p{Cc}+/gu, " ").trim();
  const isTooLong = plain.length > MOST_NOTE;
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isTooLong) onSave(plain);
      }}
    >
      <Field label={text.note} hint={text.noteHint} error={isTooLong ? text.noteLonger : undefined}>
        {(control) => <Textarea {...control} rows={2} value={value} onChange={(event) => setValue(event.target.value)} />}
      </Field>
      <div className="flex gap-2">
        <Button type="submit" size="sm" variant="primary" busy={isSaving} disabled={plain === note}>
          {text.saveNote}
        </Button>
        {value === note ? null : (
          <Button size="sm" variant="ghost" onClick={() => setValue(note)}>
            {common.cancel}
          </Button>
        )}
      </div>
    </form>
  );
}

const SHOWN_ENTRIES = 3;

function TrailList({ trail: { trail } }: { trail: Trail }) {
  if (trail.length === 0) return <p className="text-[13px] text-muted">{text.none}</p>;
  const later = trail.slice(SHOWN_ENTRIES);
  return (
    <section aria-label={text.trail} className="border-t pt-3">
      <ul className="flex flex-col gap-2 text-[13px]">
        {trail.slice(0, SHOWN_ENTRIES).map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {later.length === 0 ? null : (
        <details className="mt-2 text-[13px]">
          <summary className="min-h-6 text-muted">{text.earlier(later.length)}</summary>
          <ul className="mt-2 flex flex-col gap-2">
            {later.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Entry({ entry }: { entry: Trail["trail"][number] }) {
  return (
    <li>
      <span className="font-medium">{text.entries[entry.label]}</span>{" "}
      <span className="text-muted">
        {text.by(entry.actor)}, <Time at={entry.created_at} />
      </span>
      {entry.note == null ? null : <p className="wrap-anywhere text-muted">{entry.note}</p>}
    </li>
  );
}
