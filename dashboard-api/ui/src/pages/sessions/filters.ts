/** The filters of the list: read from the page's address, written to it, and asked of the API. All under the API's names. */
import { boundsOf, isNamed, parseRange, type Range, withRange } from "@/lib/range";
import { CLASSES, METHODS, type Risk, RISKS } from "@/strings/words";

export const STATUSES = ["active", "completed", "idle", "max_length"] as const;
export const LABELS = ["human", "bot", "unsure", "none"] as const;
export const PLATFORMS = ["qualtrics", "decipher", "web", "other"] as const;

export type LabelFilter = (typeof LABELS)[number];

export interface Filters {
  /** `null`: any time. */
  range: Range | null;
  risk: Risk[];
  class: string[];
  status: string[];
  method: string[];
  platform: string;
  survey: string;
  respondent: string;
  q: string;
  minScore: number | null;
  maxScore: number | null;
  finding: boolean | null;
  bots: boolean | null;
  label: LabelFilter | null;
  /** What sessions share, as `kind:value`: links of campaigns name it. */
  fingerprint: string;
}

export const NO_FILTERS: Filters = {
  range: null,
  risk: [],
  class: [],
  status: [],
  method: [],
  platform: "",
  survey: "",
  respondent: "",
  q: "",
  minScore: null,
  maxScore: null,
  finding: null,
  bots: null,
  label: null,
  fingerprint: "",
};

/** Longest text that the API takes. */
const LONGEST_TEXT = 128;
const FINGERPRINT = /^[a-z]+:[0-9a-f]{32}$/;
const HOUR_MS = 3_600_000;

/** The known words among those of a parameter, in their own order, so that the same choice is always the same address. */
function words<Word extends string>(text: string | null, known: readonly Word[]): Word[] {
  const given = new Set((text ?? "").split(",").map((word) => word.trim()));
  return known.filter((word) => given.has(word));
}

function fingerprint(text: string | null): string {
  const given = (text ?? "").toLowerCase();
  return FINGERPRINT.test(given) ? given : "";
}

const plain = (value: string | null): string => (value ?? "").slice(0, LONGEST_TEXT);

function score(text: string | null): number | null {
  const value = Number(text ?? NaN);
  return text !== null && text !== "" && value >= 0 && value <= 1 ? value : null;
}

const yesOrNo = (text: string | null): boolean | null => (text === "true" ? true : text === "false" ? false : null);

/** What an address asks for; what it says wrongly is as if it was not said. */
export function parseFilters(parameters: URLSearchParams): Filters {
  const hasRange = parameters.has("range") || parameters.has("from") || parameters.has("to");
  const missing: Range = { from: "", to: "" };
  const range = hasRange ? parseRange(openRange(parameters), missing) : missing;
  const [minScore, maxScore] = [score(parameters.get("min_score")), score(parameters.get("max_score"))];
  const isOrdered = minScore === null || maxScore === null || minScore <= maxScore;
  return {
    range: range === missing ? null : range,
    risk: words(parameters.get("risk"), RISKS),
    class: words(parameters.get("class"), CLASSES),
    status: words(parameters.get("status"), STATUSES),
    method: words(parameters.get("method"), METHODS),
    platform: plain(parameters.get("platform")),
    survey: plain(parameters.get("survey")),
    respondent: plain(parameters.get("respondent")),
    q: plain(parameters.get("q")).trim(),
    minScore: isOrdered ? minScore : null,
    maxScore: isOrdered ? maxScore : null,
    finding: yesOrNo(parameters.get("finding")),
    bots: yesOrNo(parameters.get("bots")),
    label: words(parameters.get("label"), LABELS)[0] ?? null,
    fingerprint: fingerprint(parameters.get("fingerprint")),
  };
}

/** A period with one end only, as somebody may write it by hand, has the other one at the edge of time. */
function openRange(parameters: URLSearchParams): URLSearchParams {
  const [from, to] = [parameters.get("from"), parameters.get("to")];
  if ((from === null) === (to === null)) return parameters;
  return new URLSearchParams({ from: from ?? "1970-01-01T00:00:00Z", to: to ?? "9999-01-01T00:00:00Z" });
}

/** The filters as members of an address or a request; without the period. */
function members(filters: Filters): [string, string][] {
  const all: [string, string | number | boolean | null][] = [
    ["risk", filters.risk.join(",")],
    ["class", filters.class.join(",")],
    ["status", filters.status.join(",")],
    ["method", filters.method.join(",")],
    ["bots", filters.bots],
    ["finding", filters.finding],
    ["label", filters.label],
    ["fingerprint", filters.fingerprint],
    ["min_score", filters.minScore],
    ["max_score", filters.maxScore],
    ["platform", filters.platform],
    ["survey", filters.survey],
    ["respondent", filters.respondent],
    ["q", filters.q],
  ];
  return all.filter(([, value]) => value !== null && value !== "").map(([name, value]) => [name, String(value)]);
}

/** The address's query, without `?`. The same filters are the same text, so it also names the list. */
export function toSearch(filters: Filters): string {
  const parameters = new URLSearchParams(members(filters));
  return (filters.range === null ? parameters : withRange(parameters, filters.range)).toString();
}

/** First and last instant of the period; a named one begins at a whole hour, as the counts of the overview do. */
export function periodOf(range: Range | null, now: number = Date.now()): { from?: string; to?: string } {
  if (range === null) return {};
  if (!isNamed(range)) return range;
  const from = Date.parse(boundsOf(range, now).from);
  return { from: new Date(Math.floor(from / HOUR_MS) * HOUR_MS).toISOString() };
}

/** What is asked of the API. */
export const toQuery = (filters: Filters, now: number = Date.now()): Record<string, string> => ({
  ...Object.fromEntries(members(filters)),
  ...periodOf(filters.range, now),
});

/** Whether sessions that begin now may belong to the list. */
export const isOpenEnded = (filters: Filters, now: number = Date.now()): boolean =>
  filters.range === null || isNamed(filters.range) || Date.parse(filters.range.to) > now;

export const hasFilters = (filters: Filters): boolean => toSearch(filters) !== "";
