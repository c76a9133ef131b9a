import { CalendarRange } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { formatDay } from "@/lib/format";
import { isNamed, NAMED_RANGES, type Range } from "@/lib/range";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { Field } from "./Field";
import { Input } from "./Input";
import { Popover } from "./Popover";
import { draftOf, rangeOf } from "./rangeInput";
import { Segmented } from "./Segmented";

export interface RangePickerProps {
  value: Range;
  onValue: (range: Range) => void;
}

const presets = NAMED_RANGES.map((value) => ({ value, label: text.range.presets[value] }));

export function RangePicker({ value, onValue }: RangePickerProps) {
  const custom = isNamed(value) ? null : text.range.between(formatDay(value.from), formatDay(value.to));
  const trigger = (
    <Button icon={CalendarRange} className={custom === null ? "text-muted" : "border-accent"}>
      {custom ?? text.range.custom}
    </Button>
  );
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segmented label={text.range.label} options={presets} value={isNamed(value) ? value.range : null} onValue={(range) => onValue({ range })} />
      <Popover trigger={trigger} label={text.range.customLabel} align="end">
        {(close) => (
          <CustomRange
            value={value}
            onApply={(range) => {
              onValue(range);
              close();
            }}
          />
        )}
      </Popover>
    </div>
  );
}

function CustomRange({ value, onApply }: { value: Range; onApply: (range: Range) => void }) {
  const [draft, setDraft] = useState(() => draftOf(value));
  const [refused, setRefused] = useState(false);

  function apply(event: SyntheticEvent) {
    event.preventDefault();
    const range = rangeOf(draft);
    setRefused(range === null);
    if (range) onApply(range);
  }

  return (
    <form onSubmit={apply} className="flex w-60 flex-col gap-3">
      <Field label={text.range.from}>
        {(control) => (
          <Input {...control} type="datetime-local" value={draft.from} onChange={(event) => setDraft({ ...draft, from: event.target.value })} />
        )}
      </Field>
      <Field label={text.range.to} error={refused ? text.range.order : undefined}>
        {(control) => (
          <Input {...control} type="datetime-local" value={draft.to} onChange={(event) => setDraft({ ...draft, to: event.target.value })} />
        )}
      </Field>
      <Button type="submit" variant="primary">{text.range.apply}</Button>
    </form>
  );
}
