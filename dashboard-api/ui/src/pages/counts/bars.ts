/** Counts by class and by method as rows of bars, each with the list it counts. */
import type { Tone } from "@/components";
import { type Scope, sessionsPath } from "@/pages/counts/sessionsPath";
import type { Verdicts } from "@/pages/counts/measures";
import { CLASSES, classWord, METHODS, methodWord } from "@/strings/words";

export interface Bar {
  key: string;
  label: string;
  value: number;
  to: string;
  tone: Tone;
}

const TONES: Record<string, Tone> = { human: "good", scripted_bot: "bad", ai_agent: "bad", ai_assisted: "warn" };

/** What is known, in our order, then what a newer server has. */
const inOrder = (known: readonly string[], given: Record<string, number>): string[] => [
  ...known,
  ...Object.keys(given).filter((name) => !known.includes(name)),
];

/** Always in the same order, so that rows do not change places while one reads. */
export function classBars(verdicts: Verdicts, scope: Scope): Bar[] {
  return inOrder(CLASSES, verdicts.by_class).map((name) => ({
    key: name,
    label: classWord(name),
    value: verdicts.by_class[name] ?? 0,
    to: sessionsPath(scope, { class: name }),
    tone: TONES[name] ?? "neutral",
  }));
}

/** Methods that spoke for automation, most often first. */
export function methodBars(verdicts: Verdicts, scope: Scope): Bar[] {
  return inOrder(METHODS, verdicts.by_method)
    .map((name) => ({
      key: name,
      label: methodWord(name),
      value: verdicts.by_method[name] ?? 0,
      to: sessionsPath(scope, { method: name }),
      tone: "accent" as const,
    }))
    .filter((bar) => bar.value > 0)
    .sort((one, other) => other.value - one.value);
}
