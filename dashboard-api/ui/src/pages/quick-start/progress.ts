/** How far an installation is, told from what the server knows; nothing of it is kept in the browser. */

export type StepName = "key" | "gateway" | "send" | "verdict" | "connect";
export const STEPS: readonly StepName[] = ["key", "gateway", "send", "verdict", "connect"];

export interface Facts {
  /** Publishable keys that are accepted. */
  keys: number;
  gateway: string | null;
  /** Whether any session of the organisation has events. */
  hasEvents: boolean;
  hasVerdict: boolean;
  /** Whether a platform's notice has ended a session. */
  hasMatched: boolean;
}

export type StepState = "done" | "current" | "later";

/**
 * A step is done when its own fact holds, or a later one that could not hold without it: whoever has sessions has reached
 * the gateway with some key, by whatever way.
 */
export function doneSteps(facts: Facts): ReadonlySet<StepName> {
  const done = new Set<StepName>();
  if (facts.hasMatched) done.add("connect");
  if (facts.hasVerdict) done.add("verdict");
  if (facts.hasEvents || facts.hasVerdict) done.add("send");
  if (facts.gateway !== null || done.has("send")) done.add("gateway");
  if (facts.keys > 0 || done.has("send")) done.add("key");
  return done;
}

/** The first step that is not done is the current one; as long as the facts are not known, none is. */
export function stepStates(facts: Facts | null): Record<StepName, StepState> {
  if (facts === null) return { key: "later", gateway: "later", send: "later", verdict: "later", connect: "later" };
  const done = doneSteps(facts);
  const current = STEPS.find((step) => !done.has(step));
  const state = (step: StepName): StepState => (done.has(step) ? "done" : step === current ? "current" : "later");
  return { key: state("key"), gateway: state("gateway"), send: state("send"), verdict: state("verdict"), connect: state("connect") };
}
