/** The filters in use, in words, each with the filters that are left without it. */
import { formatDateTime, formatPercent, shortId } from "@/lib/format";
import { isNamed, type Range } from "@/lib/range";
import { sessions as text } from "@/strings/sessions";
import { campaignWord, classWord, labelWord, methodWord, platformWord, riskWord, statusWord } from "@/strings/words";
import { type Filters, NO_FILTERS } from "./filters";

export interface Chip {
  key: string;
  name: string;
  value: string;
  without: Filters;
}

const { names } = text.filters;

const list = (values: readonly string[], word: (value: string) => string): string => values.map(word).join(", ");

export function rangeWords(range: Range | null): string {
  if (range === null) return text.when.any;
  return isNamed(range)
    ? text.when.last[range.range]
    : text.when.between(formatDateTime(range.from), formatDateTime(range.to));
}

function scoreWords({ minScore, maxScore }: Filters): string {
  if (minScore === null) return maxScore === null ? "" : text.filters.scoreTo(formatPercent(maxScore));
  if (maxScore === null) return text.filters.scoreFrom(formatPercent(minScore));
  return text.filters.scoreBetween(formatPercent(minScore), formatPercent(maxScore));
}

/** "Same device, …1a2b3c4d" */
function fingerprintWords(fingerprint: string): string {
  const [kind = "", value = ""] = fingerprint.split(":");
  return value === "" ? "" : `${campaignWord(kind)}, ${shortId(value)}`;
}

const choice = (value: boolean | null, yes: string, no: string): string => (value === null ? "" : value ? yes : no);

export function chipsOf(filters: Filters): Chip[] {
  const all: [keyof typeof names, string, (keyof Filters)[]][] = [
    ["range", filters.range === null ? "" : rangeWords(filters.range), ["range"]],
    ["risk", list(filters.risk, riskWord), ["risk"]],
    ["class", list(filters.class, classWord), ["class"]],
    ["status", list(filters.status, statusWord), ["status"]],
    ["bots", choice(filters.bots, text.filters.isBot, text.filters.isNoBot), ["bots"]],
    ["label", filters.label === null ? "" : labelWord(filters.label), ["label"]],
    ["score", scoreWords(filters), ["minScore", "maxScore"]],
    ["method", list(filters.method, methodWord), ["method"]],
    ["finding", choice(filters.finding, text.filters.hasFinding, text.filters.noFinding), ["finding"]],
    ["fingerprint", fingerprintWords(filters.fingerprint), ["fingerprint"]],
    ["platform", filters.platform === "" ? "" : platformWord(filters.platform), ["platform"]],
    ["survey", filters.survey, ["survey"]],
    ["respondent", filters.respondent, ["respondent"]],
    ["q", filters.q, ["q"]],
  ];
  return all
    .filter(([, value]) => value !== "")
    .map(([key, value, members]) => ({ key, name: names[key], value, without: without(filters, members) }));
}

/** The filters with some of them as if they had never been set. */
export function without(filters: Filters, members: readonly (keyof Filters)[]): Filters {
  const cleared = Object.fromEntries(members.map((member) => [member, NO_FILTERS[member]]));
  return { ...filters, ...cleared };
}
