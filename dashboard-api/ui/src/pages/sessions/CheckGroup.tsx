import { Checkbox } from "@/components";

interface Properties<Value extends string> {
  label: string;
  hint?: string;
  options: readonly Value[];
  word: (value: Value) => string;
  value: readonly string[];
  onValue: (value: Value[]) => void;
}

/** Words of a closed set, of which any number may be chosen; none means all. */
export function CheckGroup<Value extends string>({ label, hint, options, word, value, onValue }: Properties<Value>) {
  const toggle = (toggled: Value, isChosen: boolean) =>
    onValue(options.filter((option) => (option === toggled ? isChosen : value.includes(option))));
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{label}</legend>
      {hint === undefined ? null : <p className="mb-1.5 text-xs text-muted">{hint}</p>}
      <div className="grid grid-cols-2 gap-x-3">
        {options.map((option) => (
          <Checkbox
            key={option}
            label={word(option)}
            checked={value.includes(option)}
            onChecked={(isChosen) => toggle(option, isChosen)}
            className="min-h-8"
          />
        ))}
      </div>
    </fieldset>
  );
}
