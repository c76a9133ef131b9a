/** What the page's address says: which part is shown, and what it is about. */
import { useCallback } from "react";
import { useSearchParams } from "react-router";

export type View = "status" | "log" | "console" | "guides";
const VIEWS: readonly View[] = ["status", "log", "console", "guides"];

export const viewOf = (parameters: URLSearchParams): View => VIEWS.find((view) => view === parameters.get("view")) ?? "status";

/** The address of a part, about one integration or platform. */
export function viewPath(view: View, about: Record<string, string> = {}): string {
  return `/integrations?${new URLSearchParams({ view, ...about }).toString()}`;
}

/** Writes some parameters and leaves the others; `null` takes one away. */
export function withParameters(before: URLSearchParams, change: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** The address's parameters and a way to change some of them without a new entry in the browser's history. */
export function useParameters(): [URLSearchParams, (change: Record<string, string | null>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const change = useCallback(
    (changed: Record<string, string | null>) =>
      setParameters((before) => withParameters(before, changed), { replace: true, preventScrollReset: true }),
    [setParameters],
  );
  return [parameters, change];
}
