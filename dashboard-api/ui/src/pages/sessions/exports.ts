import { type Filters, toQuery } from "./filters";

export const FORMATS = ["csv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Where the browser gets every session of the filters as a file. */
export function exportPath(filters: Filters, format: Format, pseudonymise: boolean): string {
  const query = new URLSearchParams(toQuery(filters));
  if (pseudonymise) query.set("pseudonymise", "true");
  const text = query.toString();
  return `/api/v1/dashboard/exports/sessions.${format}${text === "" ? "" : `?${text}`}`;
}

/** Has the browser save what is at a path, as a click on a link would: streamed to the disk, of any size. */
export function download(path: string): void {
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
