import { CalendarRange, Check, ChevronDown } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import { Button, Field, focusRing, Input, Popover } from "@/components";
import { type RangeDraft, draftOf, rangeOf } from "@/components/rangeInput";
import { cx } from "@/lib/cx";
import { formatDay } from "@/lib/format";
import { DEFAULT_RANGE, isNamed, NAMED_RANGES, type Range } from "@/lib/range";
import { sessions as text } from "@/strings/sessions";
import { rangeWords } from "./chips";

interface Properties {
  value: Range | null;
  onValue: (range: Range | null) => void;
}

/** When sessions began: any time, a period up to now, or between two times. */
export function WhenPicker({ value, onValue }: Properties) {
  const words = value !== null && !isNamed(value) ? text.when.between(formatDay(value.from), formatDay(value.to)) : rangeWords(value);
  const choices: (Range | null)[] = [null, ...NAMED_RANGES.map((range) => ({ range }))];
  const trigger = (
    <Button icon={CalendarRange} aria-label={text.when.button(words)}>
      {words}
      <ChevronDown aria-hidden className="size-3.5 text-faint" />
    </Button>
  );
  return (
    <Popover trigger={trigger} label={text.when.label} className="w-64 p-1.5">
      {(close) => {
        const choose = (range: Range | null) => {
          onValue(range);
          close();
        };
        return (
          <>
            <div role="group" aria-label={text.when.label}>
              {choices.map((choice) => (
                <Choice key={rangeWords(choice)} words={rangeWords(choice)} isChosen={words === rangeWords(choice)} onChoose={() => choose(choice)} />
              ))}
            </div>
            <Between value={value} onApply={choose} />
          </>
        );
      }}
    </Popover>
  );
}

function Choice({ words, isChosen, onChoose }: { words: string; isChosen: boolean; onChoose: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className={cx("flex h-8 w-full items-center justify-between rounded-control px-2 text-left hover:bg-sunken", focusRing)}
    >
      {words}
      {isChosen ? <Check aria-hidden className="size-4 text-accent" /> : null}
    </button>
  );
}

function Between({ value, onApply }: { value: Range | null; onApply: (range: Range) => void }) {
  const [draft, setDraft] = useState<RangeDraft>(() => draftOf(value ?? DEFAULT_RANGE));
  const [isRefused, setRefused] = useState(false);

  function apply(event: SyntheticEvent) {
    event.preventDefault();
    const range = rangeOf(draft);
    setRefused(range === null);
    if (range) onApply(range);
  }

  return (
    <form onSubmit={apply} aria-label={text.when.custom} className="mt-1.5 flex flex-col gap-2 border-t px-2 pt-2.5 pb-1">
      <Field label={text.when.from}>
        {(control) => (
          <Input {...control} type="datetime-local" value={draft.from} onChange={(event) => setDraft({ ...draft, from: event.target.value })} />
        )}
      </Field>
      <Field label={text.when.to} error={isRefused ? text.when.order : undefined}>
        {(control) => (
          <Input {...control} type="datetime-local" value={draft.to} onChange={(event) => setDraft({ ...draft, to: event.target.value })} />
        )}
      </Field>
      <Button type="submit" size="sm">
        {text.when.apply}
      </Button>
    </form>
  );
}
