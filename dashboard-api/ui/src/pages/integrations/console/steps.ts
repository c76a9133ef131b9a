/** What a test's report means, step by step. */
import type { Tone } from "@/components";
import type { TestReport } from "@/pages/integrations/queries";
import { console_ as words } from "@/strings/integrations";

export interface Said {
  tone: Tone;
  text: string;
}

/** Whether the test ended as it should: a changed request must be refused, any other taken. */
export function answerSaid({ answer, problem, outcome }: TestReport, tampered: boolean): Said {
  if (answer == null) {
    const code = problem ?? "unknown";
    return { tone: "bad", text: words.problems[code] ?? words.problem(code) };
  }
  const taken = answer.status === 200 && outcome != null;
  if (taken && tampered) return { tone: "bad", text: words.tamperedButTaken };
  if (taken) return { tone: outcome === "unmatched" ? "warn" : "good", text: words.taken[outcome] ?? words.takenOther(outcome) };
  if (tampered && answer.status === 401) return { tone: "good", text: words.refusedAsWanted };
  return { tone: "bad", text: words.refused };
}

export function storedSaid({ log }: TestReport): Said {
  if (log === "stored") return { tone: "good", text: words.stored };
  if (log === "not_yet") return { tone: "warn", text: words.notYet };
  return { tone: "neutral", text: words.nothingTaken };
}

/** JSON with line breaks; anything else as it came. */
export function prettyBody(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** A form with a field on each line, decoded as the gateway reads it; anything else as it was sent. */
export function prettyRequest(body: string, headers: readonly { name: string; value: string }[]): string {
  const type = headers.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
  if (!type.startsWith("application/x-www-form-urlencoded")) return prettyBody(body);
  return [...new URLSearchParams(body)].map(([name, value]) => `${name}: ${value}`).join("\n");
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isSessionId = (text: string): boolean => UUID.test(text);
