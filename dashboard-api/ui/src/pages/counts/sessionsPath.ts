/** Addresses of the sessions that a number counts. */
import type { Risk } from "@/strings/words";

/** The whole hours that were counted, as the answer names them: a list of the same hours holds as many sessions as the number says. */
export interface Scope {
  from: string;
  to: string;
  survey?: string | undefined;
}

export interface SessionsFilter {
  risk?: readonly Risk[];
  class?: string;
  method?: string;
  status?: string;
  bots?: boolean;
  finding?: boolean;
}

export function sessionsPath({ from, to, survey }: Scope, filter: SessionsFilter = {}): string {
  const parameters = new URLSearchParams({ from, to });
  if (survey !== undefined) parameters.set("survey", survey);
  for (const [name, value] of Object.entries(filter) as [string, string | boolean | readonly string[]][]) {
    parameters.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  return `/sessions?${parameters.toString()}`;
}
