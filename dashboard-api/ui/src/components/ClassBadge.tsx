import type { ComponentProps } from "react";
import { components as text } from "@/strings/components";
import { classWord } from "@/strings/words";
import { Badge } from "./Badge";
import type { Tone } from "./classes";

const classTones: Record<string, Tone> = {
  human: "good",
  scripted_bot: "bad",
  ai_agent: "bad",
  ai_assisted: "warn",
  declared_agent: "info",
};

/** What kind of session it looks like. Unknown classes of a newer server are shown neutrally. */
export function ClassBadge({ value, ...span }: Omit<ComponentProps<"span">, "children"> & { value: string | null }) {
  if (value === null) return <Badge {...span}>{text.noClass}</Badge>;
  return <Badge {...span} tone={classTones[value] ?? "neutral"}>{classWord(value)}</Badge>;
}
