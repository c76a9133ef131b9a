import { type ComponentProps, useState } from "react";
import { Input, Textarea } from "@/components";

interface Properties<T> extends Omit<ComponentProps<typeof Input>, "value" | "onChange"> {
  value: T | undefined;
  print: (value: T) => string;
  /** `null` for what does not mean anything (yet); it is not told then. */
  read: (text: string) => { value: T | undefined } | null;
  onValue: (value: T | undefined) => void;
  rows?: number;
}

/** A value that is typed as text: what is half typed stays as it is, and a value from elsewhere replaces what was typed. */
export function TypedBox<T>({ value, print, read, onValue, rows, ...control }: Properties<T>) {
  const [typed, setTyped] = useState<{ text: string; was: T | undefined } | null>(null);
  const printed = value === undefined ? "" : print(value);
  const meant = typed === null ? null : read(typed.text);
  const stays = typed !== null && (meant === null ? same(typed.was, value) : same(meant.value, value));
  const type = (text: string) => {
    const next = read(text);
    setTyped({ text, was: next === null ? value : next.value });
    if (next !== null) onValue(next.value);
  };
  const shared = {
    value: stays ? typed.text : printed,
    "aria-invalid": (stays && meant === null) || control["aria-invalid"] === true ? true : undefined,
  };
  if (rows !== undefined) {
    const { id, "aria-label": label, "aria-describedby": describedBy, className } = control;
    return (
      <Textarea
        {...shared}
        id={id}
        rows={rows}
        aria-label={label}
        aria-describedby={describedBy}
        className={className}
        spellCheck={false}
        onChange={(event) => type(event.target.value)}
      />
    );
  }
  return <Input {...control} {...shared} autoComplete="off" spellCheck={false} onChange={(event) => type(event.target.value)} />;
}

const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);
