/** The period that a page shows, kept in its address: `?range=7d`, or `?from=…&to=…` (RFC 3339). */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export const NAMED_RANGES = ["24h", "7d", "30d", "90d"] as const;
export type NamedRange = (typeof NAMED_RANGES)[number];
export type Range = { range: NamedRange } | { from: string; to: string };

export const DEFAULT_RANGE: Range = { range: "24h" };

export const isNamed = (range: Range): range is { range: NamedRange } => "range" in range;

const isNamedRange = (text: string | null): text is NamedRange => NAMED_RANGES.some((name) => name === text);

export function parseRange(parameters: URLSearchParams, fallback: Range = DEFAULT_RANGE): Range {
  const from = parameters.get("from");
  const to = parameters.get("to");
  if (from !== null && to !== null && Date.parse(from) < Date.parse(to)) return { from, to };
  const name = parameters.get("range");
  return isNamedRange(name) ? { range: name } : fallback;
}

/** Writes the range into parameters, in place of the one before. */
export function withRange(parameters: URLSearchParams, range: Range): URLSearchParams {
  const next = new URLSearchParams(parameters);
  for (const name of ["range", "from", "to"]) next.delete(name);
  for (const [name, value] of Object.entries<string>({ ...range })) next.set(name, value);
  return next;
}

const HOURS: Record<NamedRange, number> = { "24h": 24, "7d": 24 * 7, "30d": 24 * 30, "90d": 24 * 90 };

/** From and to of a range, for routes that know only times. */
export function boundsOf(range: Range, now: number = Date.now()): { from: string; to: string } {
  if (!isNamed(range)) return range;
  return { from: new Date(now - HOURS[range.range] * 3_600_000).toISOString(), to: new Date(now).toISOString() };
}

/** The range of this page's address, how to change it, and it as the text of a query (`range=7d`) for links. */
export function useRange(fallback: Range = DEFAULT_RANGE): { range: Range; setRange: (range: Range) => void; query: string } {
  const [parameters, setParameters] = useSearchParams();
  const range = useMemo(() => parseRange(parameters, fallback), [parameters, fallback]);
  const setRange = useCallback(
    (next: Range) => setParameters((before) => withRange(before, next)),
    [setParameters],
  );
  const query = useMemo(() => withRange(new URLSearchParams(), range).toString(), [range]);
  return { range, setRange, query };
}
