import { components as text } from "@/strings/components";
import { formatPercent } from "@/lib/format";
import type { Tone } from "./classes";

export interface Delta {
  now: number;
  before: number;
  goodWhen?: "up" | "down" | "neutral" | undefined;
}

export interface DeltaWords {
  direction: "up" | "down" | "same";
  tone: Tone;
  words: string;
}

/** How a number changed. From nothing there is no percentage, so the difference itself is said. */
export function describeDelta({ now, before, goodWhen = "neutral" }: Delta, format: (value: number) => string): DeltaWords {
  if (now === before) return { direction: "same", tone: "neutral", words: text.stat.same };
  const direction = now > before ? "up" : "down";
  const tone = goodWhen === "neutral" ? "neutral" : goodWhen === direction ? "good" : "bad";
  const difference = Math.abs(now - before);
  const words = before === 0 ? format(difference) : formatPercent(difference / Math.abs(before));
  return { direction, tone, words };
}
