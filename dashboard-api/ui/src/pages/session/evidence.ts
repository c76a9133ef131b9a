/** Measured numbers of a reason, with names and units. */
import { formatCount, formatDuration, formatPercent } from "@/lib/format";
import { evidenceWord } from "@/strings/sessionEvents";

const decimals = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export interface Measured {
  name: string;
  value: string;
}

function valueText(name: string, value: number): string {
  if (name.endsWith("_share") || name === "probability") return formatPercent(value);
  if (name.endsWith("_ms")) return value >= 10 ? formatDuration(value) : `${decimals.format(value)} ms`;
  if (name.endsWith("_px")) return `${formatCount(value)} px`;
  if (name === "minutes") return formatDuration(value * 60_000);
  if (name.endsWith("_log10")) return `10^${decimals.format(value)}`;
  return Number.isInteger(value) ? formatCount(value) : decimals.format(value);
}

/** In the order of their names, as the API gives them. */
export const measuredOf = (evidence: Readonly<Record<string, number>>): Measured[] =>
  Object.entries(evidence).map(([name, value]) => ({ name: evidenceWord(name), value: valueText(name, value) }));
