import type { ComponentProps } from "react";
import { components as text } from "@/strings/components";
import { labelWord } from "@/strings/words";
import { Badge } from "./Badge";
import type { Tone } from "./classes";

const labelTones: Record<string, Tone> = { human: "good", bot: "bad", unsure: "warn" };

/** What a person decided about the session. */
export function LabelBadge({ label, ...span }: Omit<ComponentProps<"span">, "children"> & { label: string | null }) {
  if (label === null) return <Badge {...span}>{text.noLabel}</Badge>;
  return <Badge {...span} tone={labelTones[label] ?? "neutral"}>{labelWord(label)}</Badge>;
}
