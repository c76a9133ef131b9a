/** How an integration stands, told from what last came of it. */
import type { Tone } from "@/components";
import type { Integration } from "@/pages/integrations/queries";

export type Standing = "revoked" | "no_secret" | "silent" | "unmatched" | "noted_only" | "working";

const TONES: Record<Standing, Tone> = {
  revoked: "neutral",
  no_secret: "bad",
  silent: "info",
  unmatched: "warn",
  noted_only: "info",
  working: "good",
};

export const toneOf = (standing: Standing): Tone => TONES[standing];

const time = (notice: { received_at: string } | null | undefined): number =>
  notice == null ? -Infinity : new Date(notice.received_at).getTime();

export function standingOf(integration: Integration): Standing {
  if (!integration.is_active) return "revoked";
  // A Decipher survey proves itself by a key; everything else signs.
  if (integration.secrets === 0 && integration.platform !== "decipher") return "no_secret";
  if (integration.last_received_at == null) return "silent";
  const [matched, unmatched] = [time(integration.last_matched), time(integration.last_unmatched)];
  if (unmatched > matched) return "unmatched";
  return matched === -Infinity ? "noted_only" : "working";
}

/** Two secrets are good while the platform changes from one to the other. */
export const isRotating = (integration: Integration): boolean => integration.is_active && integration.secrets > 1;
