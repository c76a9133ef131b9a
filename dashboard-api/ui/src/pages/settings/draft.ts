/** Settings as they are edited: what they come to, what is wrong with them, how two of them differ. */
import type { FieldProblem } from "@/api/problem";
import { formatCount } from "@/lib/format";
import type { Ruleset, Rulesets, SettingsDocument, Threshold } from "@/pages/settings/queries";
import { formatThreshold, thresholdTitle } from "@/pages/settings/thresholds";
import { settings as words } from "@/strings/settings";

export type Numbers = Record<string, number>;

/** Settings under the editor's hands. `null` is "as the organisation has it", or "no wish". */
export interface Draft {
  base: string | null;
  model: string | null;
  /** Those that were set; equal ones of the base are left out when it is saved. */
  thresholds: Numbers;
  rawEventsDays: number | null;
  sessionsDays: number | null;
}

/** Numbers with one set, or without it. */
export function withNumber(numbers: Numbers, name: string, value: number | null): Numbers {
  const others = Object.entries(numbers).filter(([other]) => other !== name);
  return Object.fromEntries(value === null ? others : [...others, [name, value]]);
}

export function draftOf(document: SettingsDocument): Draft {
  return {
    base: document.base ?? null,
    model: document.model ?? null,
    thresholds: { ...document.thresholds },
    rawEventsDays: document.retention?.raw_events_days ?? null,
    sessionsDays: document.retention?.sessions_days ?? null,
  };
}

/** The ruleset that thresholds are laid over, if the server lists it. */
export function baseOf(draft: Draft, { rulesets }: Rulesets): Ruleset | undefined {
  return rulesets.find((ruleset) => (draft.base === null ? ruleset.is_default : ruleset.version === draft.base));
}

/** The base's thresholds; built-in values where it is not known. */
export function baseNumbers(draft: Draft, known: Rulesets): Numbers {
  const builtin = Object.fromEntries(known.thresholds.map((one) => [one.name, one.default]));
  return { ...builtin, ...baseOf(draft, known)?.thresholds };
}

/** What sessions would be judged by. */
export const effectiveNumbers = (draft: Draft, known: Rulesets): Numbers => ({ ...baseNumbers(draft, known), ...draft.thresholds });

/** Thresholds that really differ from the base's. While the base is not known, all that were set. */
export function overlay(draft: Draft, known: Rulesets): Numbers {
  const base = baseOf(draft, known)?.thresholds ?? {};
  return Object.fromEntries(Object.entries(draft.thresholds).filter(([name, value]) => base[name] !== value));
}

export function documentOf(draft: Draft, known: Rulesets): SettingsDocument {
  const document: SettingsDocument = { thresholds: overlay(draft, known) };
  if (draft.base !== null) document.base = draft.base;
  if (draft.model !== null) document.model = draft.model;
  const retention: NonNullable<SettingsDocument["retention"]> = {};
  if (draft.rawEventsDays !== null) retention.raw_events_days = draft.rawEventsDays;
  if (draft.sessionsDays !== null) retention.sessions_days = draft.sessionsDays;
  if (Object.keys(retention).length > 0) document.retention = retention;
  return document;
}

/** Keys of a draft's values: `base`, `thresholds.bot_score`, `retention.sessions_days`, as JSON pointers name them. */
type Values = Map<string, string | number>;

function valuesOf(draft: Draft, known: Rulesets): Values {
  const values: Values = new Map();
  if (draft.base !== null) values.set("base", draft.base);
  if (draft.model !== null) values.set("model", draft.model);
  for (const [name, value] of Object.entries(overlay(draft, known))) values.set(`thresholds.${name}`, value);
  if (draft.rawEventsDays !== null) values.set("retention.raw_events_days", draft.rawEventsDays);
  if (draft.sessionsDays !== null) values.set("retention.sessions_days", draft.sessionsDays);
  return values;
}

/** Keys that two drafts say differently, in the order of the page. */
export function differingKeys(one: Draft, other: Draft, known: Rulesets): string[] {
  const [first, second] = [valuesOf(one, known), valuesOf(other, known)];
  const order = ["base", "model", ...known.thresholds.map(({ name }) => `thresholds.${name}`)];
  const keys = [...new Set([...order, ...first.keys(), ...second.keys()])];
  return keys.filter((key) => first.get(key) !== second.get(key));
}

export const isSame = (one: Draft, other: Draft, known: Rulesets): boolean => differingKeys(one, other, known).length === 0;

/** A value of a draft, in words. */
export function valueText(key: string, draft: Draft, known: Rulesets): string {
  const value = valuesOf(draft, known).get(key);
  const [group, name] = key.split(".");
  if (group === "thresholds") {
    const threshold = known.thresholds.find((one) => one.name === name);
    if (typeof value === "number") return formatThreshold(value, threshold);
    return words.values.asBase(formatThreshold(baseNumbers(draft, known)[name ?? ""] ?? Number.NaN, threshold));
  }
  if (group === "retention") return typeof value === "number" ? words.values.days(formatCount(value)) : words.values.none;
  if (value === undefined) return words.values.organisation;
  return group === "model" && value === "none" ? words.values.modelNone : String(value);
}

export function keyTitle(key: string): string {
  const [group, name = ""] = key.split(".");
  if (group === "thresholds") return thresholdTitle(name);
  if (group === "retention") return name === "raw_events_days" ? words.values.rawEvents : words.values.sessions;
  return group === "base" ? words.values.base : words.values.model;
}

export interface Difference {
  key: string;
  title: string;
  before: string;
  after: string;
}

export const differences = (before: Draft, after: Draft, known: Rulesets): Difference[] =>
  differingKeys(before, after, known).map((key) => ({
    key,
    title: keyTitle(key),
    before: valueText(key, before, known),
    after: valueText(key, after, known),
  }));

/** `mine` laid over `theirs`: what I changed since `began` is mine, everything else theirs. */
export function merged(began: Draft, mine: Draft, theirs: Draft, known: Rulesets): Draft {
  const kept = { ...theirs, thresholds: { ...theirs.thresholds } };
  for (const key of differingKeys(began, mine, known)) {
    const [group, name = ""] = key.split(".");
    if (group === "base") kept.base = mine.base;
    else if (group === "model") kept.model = mine.model;
    else if (key === "retention.raw_events_days") kept.rawEventsDays = mine.rawEventsDays;
    else if (key === "retention.sessions_days") kept.sessionsDays = mine.sessionsDays;
    else {
      // None is mine as well: back to what the ruleset says.
      kept.thresholds = withNumber(kept.thresholds, name, overlay(mine, known)[name] ?? null);
    }
  }
  return kept;
}

/** A sentence for each value that cannot be right, by its key. */
export type Mistakes = ReadonlyMap<string, string>;

const ORDER: readonly (readonly [lower: string, higher: string])[] = [
  ["medium_score", "high_score"],
  ["high_score", "critical_score"],
];
const MOST_DAYS = 3650;

export function mistakesOf(draft: Draft, known: Rulesets): Mistakes {
  const mistakes = new Map<string, string>();
  const numbers = effectiveNumbers(draft, known);
  for (const threshold of known.thresholds) {
    const mistake = boundsMistake(threshold, numbers[threshold.name]);
    if (mistake !== null) mistakes.set(`thresholds.${threshold.name}`, mistake);
  }
  for (const [lower, higher] of ORDER) {
    const [low, high] = [numbers[lower], numbers[higher]];
    if (low !== undefined && high !== undefined && low > high && !mistakes.has(`thresholds.${lower}`)) {
      mistakes.set(`thresholds.${lower}`, words.thresholds.order(thresholdTitle(higher), formatThreshold(high, undefined)));
    }
  }
  const days: [string, number | null][] = [
    ["retention.raw_events_days", draft.rawEventsDays],
    ["retention.sessions_days", draft.sessionsDays],
  ];
  for (const [key, count] of days) {
    if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= MOST_DAYS)) mistakes.set(key, words.retention.invalid);
  }
  return mistakes;
}

function boundsMistake(threshold: Threshold, value: number | undefined): string | null {
  if (value === undefined) return null;
  if (!(value >= threshold.least && value <= threshold.most)) {
    return words.thresholds.outOfRange(formatThreshold(threshold.least, threshold), formatThreshold(threshold.most, threshold));
  }
  return threshold.whole && !Number.isInteger(value) ? words.thresholds.whole : null;
}

/** The same from what the server says. */
export const serverMistakes = (errors: readonly FieldProblem[]): Mistakes =>
  new Map(errors.map(({ pointer, detail }) => [pointer.slice(1).replaceAll("/", "."), detail]));
