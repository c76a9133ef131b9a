/** Views: filters under a name. Some are always there; others are kept in the browser. */
import { readStored, writeStored } from "@/lib/storage";
import { sessions as text } from "@/strings/sessions";
import { parseFilters, toSearch } from "./filters";

export interface View {
  name: string;
  /** The address's query, without `?`. */
  search: string;
}

const { views: words } = text;

const builtIn = (name: string, query: string): View => ({ name, search: toSearch(parseFilters(new URLSearchParams(query))) });

export const BUILT_IN: readonly View[] = [
  { name: words.all, search: "" },
  builtIn(words.review, "risk=HIGH,CRITICAL"),
  builtIn(words.bots, "bots=true"),
  builtIn(words.running, "status=active"),
  builtIn(words.shared, "finding=true"),
  builtIn(words.thin, "class=insufficient_data"),
];

const STORED = "sessions.views";
const MOST_VIEWS = 50;

const isView = (value: unknown): value is View =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "search" in value &&
  typeof value.search === "string";

const isViews = (value: unknown): value is View[] => Array.isArray(value) && value.every(isView);

export const readViews = (): View[] => readStored(STORED, [], isViews);
export const writeViews = (views: readonly View[]): void => writeStored(STORED, views);

export const isBuiltIn = (name: string): boolean => BUILT_IN.some((view) => view.name.toLowerCase() === name.trim().toLowerCase());

/** The views with one more, or with another one in the place of that name. */
export function withView(views: readonly View[], view: View): View[] {
  const place = views.findIndex(({ name }) => name === view.name);
  return place < 0 ? [...views, view].slice(-MOST_VIEWS) : views.with(place, view);
}

export const withoutView = (views: readonly View[], name: string): View[] => views.filter((view) => view.name !== name);
