import { boundsOf, type Range } from "@/lib/range";

const pad = (part: number): string => String(part).padStart(2, "0");

/** A time as a `datetime-local` field writes it: the reader's zone, by the minute. */
export function toLocalInput(at: string): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

export interface RangeDraft {
  from: string;
  to: string;
}

export function draftOf(range: Range): RangeDraft {
  const bounds = boundsOf(range);
  return { from: toLocalInput(bounds.from), to: toLocalInput(bounds.to) };
}

/** The range of two fields; null when one is blank or the order is wrong. */
export function rangeOf({ from, to }: RangeDraft): Range | null {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (!(start < end)) return null;
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}
