/** A trend as the series of charts. */
import type { Schemas } from "@/api/client";
import { flaggedShare, lowShare, ofRisk, type Verdicts } from "@/pages/counts/measures";
import { counts as text } from "@/strings/counts";
import { type Risk, riskWord } from "@/strings/words";

export type Trend = Schemas["Trend"];

/** The worst stands on the axis, where heights can be compared. */
const UPWARDS = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const satisfies readonly Risk[];
const COLORS = { CRITICAL: "risk-critical", HIGH: "risk-high", MEDIUM: "risk-medium", LOW: "risk-low" } as const;

export const timesOf = (trend: Trend): number[] => trend.buckets.map((bucket) => Date.parse(bucket.at) / 1000);

/** Sessions of each bucket by risk, and those that were not judged. */
export function riskSeries(trend: Trend) {
  const judged = UPWARDS.map((risk) => ({
    name: riskWord(risk),
    values: trend.buckets.map((bucket) => ofRisk(bucket.verdicts, risk)),
    color: COLORS[risk],
    kind: "bars" as const,
  }));
  const waiting = trend.buckets.map((bucket) => Math.max(0, bucket.sessions.total - bucket.verdicts.total));
  return [...judged, { name: text.noVerdict, values: waiting, color: "muted" as const, kind: "bars" as const }];
}

/** Shares of each bucket; a bucket without a verdict is a gap, not a zero. */
export function qualitySeries(trend: Trend) {
  const line = (name: string, color: "risk-low" | "risk-critical", share: (verdicts: Verdicts) => number | null) => ({
    name,
    values: trend.buckets.map((bucket) => share(bucket.verdicts)),
    color,
    kind: "line" as const,
  });
  return [line(text.lowRiskShare, "risk-low", lowShare), line(text.flaggedShare, "risk-critical", flaggedShare)];
}

export const isEmptyTrend = (trend: Trend): boolean => trend.buckets.every((bucket) => bucket.sessions.total === 0);
