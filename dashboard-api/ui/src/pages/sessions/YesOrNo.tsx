import { Segmented } from "@/components";
import { sessions as text } from "@/strings/sessions";

interface Properties {
  label: string;
  hint: string;
  value: boolean | null;
  onValue: (value: boolean | null) => void;
}

const options = [
  { value: "any", label: text.filters.any },
  { value: "true", label: text.filters.yes },
  { value: "false", label: text.filters.no },
] as const;

/** Yes, no, or either. */
export function YesOrNo({ label, hint, value, onValue }: Properties) {
  const chosen = value === null ? "any" : value ? "true" : "false";
  return (
    <div className="flex flex-col items-start gap-1.5">
      <span aria-hidden className="font-medium">{label}</span>
      <Segmented label={label} options={options} value={chosen} onValue={(next) => onValue(next === "any" ? null : next === "true")} />
      <p className="text-xs text-muted">{hint}</p>
    </div>
  );
}
