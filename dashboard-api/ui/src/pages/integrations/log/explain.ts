/** What a delivery means, in a sentence. */
import type { Tone } from "@/components";
import type { Delivery } from "@/pages/integrations/queries";
import { delivery as words } from "@/strings/integrations";

const TONES: Record<string, Tone> = { session_completed: "good", unmatched: "warn" };

export const outcomeTone = (outcome: string): Tone => TONES[outcome] ?? "neutral";

/** `null` for an outcome of a newer server. */
export function explain({ outcome, platform, fields }: Pick<Delivery, "outcome" | "platform" | "fields">): string | null {
  if (outcome === "session_completed" || outcome === "noted") return words.explain[outcome];
  if (outcome !== "unmatched") return null;
  // Qualtrics names the session in one field. It stays among the others when it is no session of ours.
  if (platform !== "qualtrics") return words.explain.unmatched;
  return "ResponseEventContext" in fields ? words.explain.unmatched_named : words.explain.unmatched_nothing;
}

/** A value of a field as people read it. */
export const fieldText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
