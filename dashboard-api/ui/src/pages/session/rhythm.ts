/** Times between keys as bins of equal width. */
import type { Bin } from "@/charts";

const BIN_MS = 40;
const MOST_MS = 800;
const LEAST_MS = -120;

/** Bins of `BIN_MS`, the last one of all that is longer; what is shorter than the first counts there. */
export function flightBins(keys: readonly { flight?: number | null | undefined }[]): Bin[] {
  const flights = keys.flatMap(({ flight }) => flight ?? []);
  if (flights.length === 0) return [];
  const bins: Bin[] = [];
  for (let from = LEAST_MS; from < MOST_MS; from += BIN_MS) bins.push({ from, to: from + BIN_MS, count: 0 });
  for (const flight of flights) {
    const place = Math.floor((Math.min(MOST_MS - 1, Math.max(LEAST_MS, flight)) - LEAST_MS) / BIN_MS);
    const bin = bins[place];
    if (bin !== undefined) bin.count += 1;
  }
  const last = bins.findLastIndex(({ count }) => count > 0);
  const first = bins.findIndex(({ count, to }) => count > 0 || to > 0);
  return bins.slice(first, last + 1);
}
