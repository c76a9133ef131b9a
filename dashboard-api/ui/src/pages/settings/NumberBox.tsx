import { type ComponentProps, useState } from "react";
import { Input } from "@/components";

interface Properties extends Omit<ComponentProps<typeof Input>, "value" | "onChange" | "type"> {
  value: number | null;
  /** A number, or `null` for an emptied box where that is allowed. */
  onNumber: (value: number | null) => void;
  allowEmpty?: boolean;
}

const textOf = (value: number | null): string => (value === null || Number.isNaN(value) ? "" : String(value));

/** A number that is typed: what is half typed ("0.") stays as it is until it means something else. */
export function NumberBox({ value, onNumber, allowEmpty = false, ...input }: Properties) {
  const [typed, setTyped] = useState<string | null>(null);
  const meant = (text: string): number | null => (text.trim() === "" ? null : Number(text.replace(",", ".")));
  const isCurrent = typed !== null && (meant(typed) === value || (typed.trim() === "" && !allowEmpty));
  const type = (text: string) => {
    setTyped(text);
    const number = meant(text);
    if (number === null ? allowEmpty : Number.isFinite(number)) onNumber(number);
  };
  return (
    <Input
      {...input}
      inputMode="decimal"
      autoComplete="off"
      value={isCurrent ? typed : textOf(value)}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setTyped(null)}
    />
  );
}
