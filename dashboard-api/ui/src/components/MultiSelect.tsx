import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { components as text } from "@/strings/components";
import { Button } from "./Button";
import { Checkbox } from "./Checkbox";
import { Popover } from "./Popover";
import { SearchInput } from "./SearchInput";

export interface MultiSelectOption<Value extends string = string> {
  value: Value;
  label: string;
}

export interface MultiSelectProps<Value extends string> {
  label: string;
  options: readonly MultiSelectOption<Value>[];
  value: readonly Value[];
  onValue: (value: Value[]) => void;
}

/** From this many options on there is a field to narrow them. */
const FILTER_FROM = 9;

export function MultiSelect<Value extends string>({ label, options, value, onValue }: MultiSelectProps<Value>) {
  const trigger = (
    <Button aria-label={text.multiSelect.button(label, value.length)}>
      <span>{label}</span>{" "}
      {value.length > 0 ? (
        <span className="rounded-full bg-accent-soft px-1.5 text-xs text-accent tabular-nums">{value.length}</span>
      ) : null}
      <ChevronDown aria-hidden className="size-3.5 text-faint" />
    </Button>
  );
  return (
    <Popover trigger={trigger} label={label} className="min-w-52 p-1.5">
      <OptionList label={label} options={options} value={value} onValue={onValue} />
    </Popover>
  );
}

function OptionList<Value extends string>({ label, options, value, onValue }: MultiSelectProps<Value>) {
  const [filter, setFilter] = useState("");
  const sought = filter.trim().toLowerCase();
  const shown = options.filter((option) => option.label.toLowerCase().includes(sought));

  /** Keeps the options' order, whatever the order of the clicks, so that addresses stay comparable. */
  function toggle(toggled: Value, checked: boolean) {
    const chosen = new Set<Value>(value);
    if (checked) chosen.add(toggled);
    else chosen.delete(toggled);
    onValue(options.map((option) => option.value).filter((each) => chosen.has(each)));
  }

  return (
    <div className="flex flex-col gap-1">
      {options.length >= FILTER_FROM ? (
        <SearchInput label={text.multiSelect.filter} value={filter} onValue={setFilter} debounceMs={0} className="mb-1" />
      ) : null}
      <div role="group" aria-label={label} className="flex max-h-72 flex-col overflow-auto">
        {shown.map((option) => (
          <Checkbox
            key={option.value}
            label={option.label}
            checked={value.includes(option.value)}
            onChecked={(checked) => toggle(option.value, checked)}
            className="min-h-8 rounded-control px-2 hover:bg-raised"
          />
        ))}
        {shown.length === 0 ? <p className="px-2 py-1.5 text-muted">{text.multiSelect.noMatch}</p> : null}
      </div>
      {value.length > 0 ? (
        <Button variant="ghost" size="sm" className="border-t border-line" onClick={() => onValue([])}>{text.multiSelect.clear}</Button>
      ) : null}
    </div>
  );
}
