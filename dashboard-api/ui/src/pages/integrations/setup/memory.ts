/**
 * What somebody typed for the snippets: a publishable key, the gateway's address, a survey. It lives in this page's memory
 * alone, so that both pages share it and a reload forgets it.
 */
import { useSyncExternalStore } from "react";

export interface Typed {
  key: string;
  gateway: string;
  survey: string;
}

const NOTHING: Typed = { key: "", gateway: "", survey: "" };
const listeners = new Set<() => void>();
let typed = NOTHING;

export function remember(change: Partial<Typed>): void {
  typed = { ...typed, ...change };
  for (const listener of listeners) listener();
}

/** For tests, which share a module. */
export const forget = (): void => remember(NOTHING);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTyped = (): Typed => useSyncExternalStore(subscribe, () => typed);
