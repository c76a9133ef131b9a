/** What the queue is asked for, kept in the address beside the period. */
import { boundsOf, isNamed, type Range } from "@/lib/range";
import { type Risk, RISKS } from "@/strings/words";

export const DEFAULT_RANGE: Range = { range: "30d" };
const DEFAULT_RISKS: readonly Risk[] = ["HIGH", "CRITICAL"];

export interface QueueFilter {
  risks: readonly Risk[];
  survey: string | null;
  range: Range;
}

export function parseRisks(text: string | null): readonly Risk[] {
  const named = (text ?? "").split(",");
  const risks = RISKS.filter((risk) => named.includes(risk));
  return risks.length === 0 ? DEFAULT_RISKS : risks;
}

const isDefault = (risks: readonly string[]): boolean =>
  risks.length === 0 || (risks.length === DEFAULT_RISKS.length && DEFAULT_RISKS.every((risk) => risks.includes(risk)));

/** The parameters with other risks; the usual ones are left out. The session goes with the queue that it was of. */
export function withRisks(parameters: URLSearchParams, risks: readonly string[]): URLSearchParams {
  return changed(parameters, "risk", isDefault(risks) ? null : risks.join(","));
}

export const withSurvey = (parameters: URLSearchParams, survey: string): URLSearchParams =>
  changed(parameters, "survey", survey === "" ? null : survey);

function changed(parameters: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const next = new URLSearchParams(parameters);
  next.delete("session");
  if (value === null) next.delete(name);
  else next.set(name, value);
  return next;
}

/** The filter as the queue's parameters; a period up to now has no end. */
export function queueQuery({ risks, survey, range }: QueueFilter, now: number) {
  const { from, to } = boundsOf(range, now);
  return { risk: risks.join(","), from, ...(isNamed(range) ? {} : { to }), ...(survey === null ? {} : { survey }) };
}
