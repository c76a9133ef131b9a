/** The period that somebody dragged over on a chart of a trend. */
import type { Trend } from "@/pages/counts/riskSeries";
import type { Range } from "@/lib/range";

const HOUR_S = 3600;
const BUCKET_S = { hour: HOUR_S, day: 24 * HOUR_S } as const;

/** Grows to whole buckets, because less cannot be counted, and stays within what the chart shows. */
export function dragRange(from: number, to: number, trend: Pick<Trend, "bucket" | "from" | "to">): Range {
  const size = BUCKET_S[trend.bucket];
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  const begin = Math.floor(first / size) * size;
  const end = Math.max(Math.ceil(last / size) * size, begin + size);
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  const start = Math.min(Math.max(begin, Date.parse(trend.from) / 1000), Date.parse(trend.to) / 1000 - HOUR_S);
  return { from: iso(start), to: iso(Math.max(Math.min(end, Date.parse(trend.to) / 1000), start + HOUR_S)) };
}
