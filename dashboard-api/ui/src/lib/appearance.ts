/** Theme and density: chosen once, kept in the browser, applied to the document's root. */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "@/lib/storage";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

export interface Appearance {
  theme: Theme;
  density: Density;
}

const DEFAULT: Appearance = { theme: "system", density: "comfortable" };
const listeners = new Set<() => void>();

function isAppearance(value: unknown): value is Appearance {
  if (typeof value !== "object" || value === null) return false;
  const { theme, density } = value as Record<string, unknown>;
  return (
    (theme === "system" || theme === "light" || theme === "dark") && (density === "comfortable" || density === "compact")
  );
}

let current = readStored("appearance", DEFAULT, isAppearance);

const prefersDark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;

function apply(): void {
  const dark = current.theme === "dark" || (current.theme === "system" && prefersDark());
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  document.documentElement.dataset["density"] = current.density;
}

/** Keeps the document as chosen, also when the system changes from day to night. */
export function startAppearance(): void {
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change };
  writeStored("appearance", current);
  apply();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, () => current);
}
