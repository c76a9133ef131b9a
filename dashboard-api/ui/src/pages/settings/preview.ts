/** What a preview is asked for, and its figures as rows. */
import { boundsOf } from "@/lib/range";
import { type Draft, overlay } from "@/pages/settings/draft";
import type { PreviewAnswer, PreviewBody, Rulesets } from "@/pages/settings/queries";
import { CLASSES, RISKS } from "@/strings/words";

export const PERIODS = ["24h", "7d", "30d"] as const;
export const LIMITS = [200, 500, 2000] as const;

export interface Choice {
  period: (typeof PERIODS)[number];
  scope: "survey" | "all";
  limit: (typeof LIMITS)[number];
}

type Tried = Pick<PreviewBody, "base" | "thresholds" | "survey" | "limit">;

/** What is tried on which sessions, without the times: two of these that are alike ask the same. */
function triedOf(draft: Draft, known: Rulesets, survey: string, { scope, limit }: Choice): Tried {
  const thresholds = Object.fromEntries(Object.entries(overlay(draft, known)).sort(([one], [other]) => (one < other ? -1 : 1)));
  return {
    thresholds,
    limit,
    ...(draft.base === null ? {} : { base: draft.base }),
    ...(scope === "survey" ? { survey } : {}),
  };
}

export const previewBody = (draft: Draft, known: Rulesets, survey: string, choice: Choice, now: number): PreviewBody => ({
  ...triedOf(draft, known, survey, choice),
  ...boundsOf({ range: choice.period }, now),
});

/** Names one preview: it is stale when what would be asked now has another name. */
export const previewName = (draft: Draft, known: Rulesets, survey: string, choice: Choice): string =>
  JSON.stringify([triedOf(draft, known, survey, choice), choice.period]);

export interface Row {
  key: string;
  before: number;
  after: number;
}

const row = (key: string, before: Record<string, number>, after: Record<string, number>): Row => ({
  key,
  before: before[key] ?? 0,
  after: after[key] ?? 0,
});

export const riskRows = ({ before, after }: PreviewAnswer): Row[] => RISKS.map((risk) => row(risk, before.risks, after.risks));

/** Classes that any session had or would have; those of a newer server last. */
export function classRows({ before, after }: PreviewAnswer): Row[] {
  const met = new Set([...Object.keys(before.classes), ...Object.keys(after.classes)]);
  const known: readonly string[] = CLASSES;
  const ordered = [...known.filter((name) => met.has(name)), ...[...met].filter((name) => !known.includes(name))];
  return ordered.map((name) => row(name, before.classes, after.classes));
}

/** +3, −2, 0 */
export function signed(difference: number): string {
  if (difference === 0) return "0";
  return difference > 0 ? `+${difference}` : `−${-difference}`;
}
