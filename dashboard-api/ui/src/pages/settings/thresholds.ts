/** Thresholds in words: their titles, their groups, how far a slider of one goes. */
import { formatCount } from "@/lib/format";
import type { Threshold } from "@/pages/settings/queries";
import { settings as words } from "@/strings/settings";

export type GroupName = keyof typeof words.thresholds.groups;

const GROUPS: Record<Exclude<GroupName, "other">, readonly string[]> = {
  risk: ["bot_score", "medium_score", "high_score", "critical_score", "prior"],
  data: ["min_presses", "min_far_clicks", "min_keys"],
  speak: ["clockwork_variation", "speeding_share", "straight_line"],
  model: ["model_score", "model_weight"],
};

export function thresholdTitle(name: string): string {
  const plain = name.replaceAll("_", " ");
  return words.thresholds.names[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

const shares = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

/** 0.6 as 0.60, 1200 presses as 1,200. */
export const formatThreshold = (value: number, threshold: Threshold | undefined): string =>
  threshold?.whole === true ? formatCount(value) : shares.format(value);

/** Thresholds by group, in the page's order; those of a newer server come last. */
export function grouped(thresholds: readonly Threshold[]): { name: GroupName; thresholds: Threshold[] }[] {
  const named = new Map(thresholds.map((threshold) => [threshold.name, threshold]));
  const groups = (Object.keys(GROUPS) as (keyof typeof GROUPS)[]).map((name) => ({
    name: name,
    thresholds: GROUPS[name].flatMap((member) => named.get(member) ?? []),
  }));
  const placed = new Set(Object.values(GROUPS).flat());
  const other = thresholds.filter(({ name }) => !placed.has(name));
  return [...groups, { name: "other" as const, thresholds: other }].filter((group) => group.thresholds.length > 0);
}

/**
 * Bounds and step of a slider. Counts may go to thousands, where a slider is of no use: it covers the usual part, the number
 * beside it the rest.
 */
export function sliderOf(threshold: Threshold, value: number): { min: number; max: number; step: number } {
  if (!threshold.whole) return { min: threshold.least, max: threshold.most, step: 0.01 };
  const usual = Math.max(threshold.default * 5, value);
  return { min: threshold.least, max: Math.min(threshold.most, Math.ceil(usual / 10) * 10), step: 1 };
}

const LEVELS = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;

export interface Band {
  risk: (typeof LEVELS)[number];
  from: number;
  to: number;
}

/** Where scores from 0 to 1 become which risk; `null` while the levels are in the wrong order. */
export function bandsOf(numbers: Record<string, number>): Band[] | null {
  const starts = [0, numbers["medium_score"] ?? 0, numbers["high_score"] ?? 0, numbers["critical_score"] ?? 0];
  const ends = [...starts.slice(1), 1];
  const bands = LEVELS.map((risk, index) => ({ risk, from: starts[index] ?? 0, to: ends[index] ?? 1 }));
  return bands.every(({ from, to }) => from >= 0 && from <= to && to <= 1) ? bands : null;
}
