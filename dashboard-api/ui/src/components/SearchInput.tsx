import { Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState, type ComponentProps } from "react";
import { cx } from "@/lib/cx";
import { components as text } from "@/strings/components";
import { controlBox, focusRing, quietTransition } from "./classes";

export interface SearchInputProps extends Omit<ComponentProps<"input">, "value" | "onChange" | "type" | "ref"> {
  /** Accessible name. */
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** How long after the last key the value is told; 200 ms by default. */
  debounceMs?: number | undefined;
}

export function SearchInput({ label, value, onValue, debounceMs = 200, className, ...input }: SearchInputProps) {
  const { draft, setDraft, tell } = useDraft(value, onValue, debounceMs);
  const field = useRef<HTMLInputElement>(null);

  function clear() {
    tell("");
    field.current?.focus();
  }

  return (
    <span className={cx("relative inline-flex h-8 w-full min-w-0", className)}>
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint" />
      <input
        autoComplete="off"
        spellCheck={false}
        {...input}
        ref={field}
        type="search"
        aria-label={label}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => {
          input.onKeyDown?.(event);
          if (event.key === "Enter") tell(draft);
        }}
        className={cx(controlBox, focusRing, quietTransition, "pr-8 pl-8 [&::-webkit-search-cancel-button]:appearance-none")}
      />
      {draft === "" ? null : (
        <button
          type="button"
          aria-label={text.clearSearch(label)}
          onClick={clear}
          className={cx("absolute top-1/2 right-1 inline-flex size-6 -translate-y-1/2 items-center justify-center rounded-control text-faint hover:text-ink", focusRing)}
        >
          <X aria-hidden className="size-4" />
        </button>
      )}
    </span>
  );
}

/** What is typed, ahead of the value that was told; a value from outside (a link, the back button) replaces it. */
function useDraft(value: string, onValue: (value: string) => void, debounceMs: number) {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (value !== told) {
      setDraft(value);
      setTold(value);
    }
  }
  function tell(next: string) {
    setDraft(next);
    setTold(next);
    if (next !== told) onValue(next);
  }
  const tellLater = useEffectEvent((next: string) => tell(next));
  useEffect(() => {
    if (draft === told) return;
    const timer = window.setTimeout(() => tellLater(draft), debounceMs);
    return () => window.clearTimeout(timer);
  }, [draft, told, debounceMs]);
  return { draft, setDraft, tell };
}
