/** Requests that were sent from this tab, newest first. In memory only, without secrets and answers. */
import { useSyncExternalStore } from "react";
import type { Filled } from "@/pages/playground/request";

export interface Sent {
  key: number;
  operation: string;
  method: string;
  address: string;
  filled: Filled;
  /** Whether something was left out because it is secret. */
  isPart: boolean;
  at: number;
  /** `null` when no answer came. */
  status: number | null;
  milliseconds: number;
}

const MOST = 30;
const listeners = new Set<() => void>();
let sent: readonly Sent[] = [];
let next = 1;

function change(to: readonly Sent[]): void {
  sent = to;
  for (const listener of listeners) listener();
}

export function remember(request: Omit<Sent, "key">): void {
  change([{ ...request, key: next++ }, ...sent].slice(0, MOST));
}

export const forgetAll = (): void => change([]);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useRecent = (): readonly Sent[] => useSyncExternalStore(subscribe, () => sent);
