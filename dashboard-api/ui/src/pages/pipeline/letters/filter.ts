/** Which dead letters are shown: kept in the address, told to the API, and the same for a replay of all that match. */
import type { ReplayAsk } from "../queries";

export const SINCE = ["all", "1h", "24h", "7d"] as const;
export type Since = (typeof SINCE)[number];
export const BACK = ["no", "yes", "all"] as const;
export type Back = (typeof BACK)[number];

export interface LetterFilter {
  reason: string | null;
  source: string | null;
  since: Since;
  /** Whether they are back where they came from. */
  back: Back;
}

const HOURS: Record<Exclude<Since, "all">, number> = { "1h": 1, "24h": 24, "7d": 24 * 7 };

const oneOf = <T extends string>(names: readonly T[], text: string | null, fallback: T): T =>
  names.find((name) => name === text) ?? fallback;

const given = (text: string | null): string | null => (text === null || text === "" ? null : text);

export function parseFilter(parameters: URLSearchParams): LetterFilter {
  return {
    reason: given(parameters.get("reason")),
    source: given(parameters.get("source")),
    since: oneOf(SINCE, parameters.get("since"), "all"),
    back: oneOf(BACK, parameters.get("back"), "no"),
  };
}

/** Writes the filter into parameters, in place of the one before; what is as usual is left out. */
export function withFilter(parameters: URLSearchParams, filter: LetterFilter): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const name of ["reason", "source", "since", "back", "letter"]) next.delete(name);
  if (filter.reason !== null) next.set("reason", filter.reason);
  if (filter.source !== null) next.set("source", filter.source);
  if (filter.since !== "all") next.set("since", filter.since);
  if (filter.back !== "no") next.set("back", filter.back);
  return next;
}

export const isFiltered = (filter: LetterFilter): boolean =>
  filter.reason !== null || filter.source !== null || filter.since !== "all";

const sinceTime = (since: Since, now: number): string | undefined =>
  since === "all" ? undefined : new Date(now - HOURS[since] * 3_600_000).toISOString();

interface LetterQuery {
  reason?: string;
  source?: string;
  since?: string;
  replayed?: boolean;
}

/** The filter as the list's parameters. */
export function letterQuery(filter: LetterFilter, now: number): LetterQuery {
  const since = sinceTime(filter.since, now);
  return {
    ...(filter.reason === null ? {} : { reason: filter.reason }),
    ...(filter.source === null ? {} : { source: filter.source }),
    ...(since === undefined ? {} : { since }),
    ...(filter.back === "all" ? {} : { replayed: filter.back === "yes" }),
  };
}

/**
 * A replay of everything the filter takes. It ends at `now`, so that what is confirmed is what was counted:
 * letters that come in meanwhile are not among them.
 */
export function askOfFilter(filter: LetterFilter, now: number): ReplayAsk {
  const { reason, source, since } = letterQuery(filter, now);
  return { reason, source, since, until: new Date(now).toISOString() };
}
