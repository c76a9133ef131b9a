/**
 * The stored events of a session, read page by page and kept. A session that is still running is read on from its last page:
 * what is known is never asked for again.
 */
import type { Schemas } from "@/api/client";

type Timeline = Schemas["Timeline"];

export interface LoggedEvent {
  /** Milliseconds since the session's first event, by the client's clock; `null` when it carried no time. */
  readonly t: number | null;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Page {
  /** What it was asked for with. */
  readonly cursor: string | undefined;
  readonly length: number;
}

export interface EventLog {
  readonly events: readonly LoggedEvent[];
  /** Milliseconds since 1970 at `t` = 0, by the client's clock; `null` as long as no event carries a time. */
  readonly start: number | null;
  /** Whether every event that was stored when it was last read is here. */
  readonly complete: boolean;
  readonly last: Page | null;
  /** Asks for what comes after the last page, when there is more. */
  readonly next: string | null;
}

export const EMPTY_LOG: EventLog = { events: [], start: null, complete: false, last: null, next: null };

/** An event with its time; most of what is drawn needs one. */
export type TimedEvent = LoggedEvent & { readonly t: number };

export const timed = (events: readonly LoggedEvent[]): TimedEvent[] =>
  events.filter((event): event is TimedEvent => event.t !== null);

/** The log with one more page at its end. */
export function withPage(log: EventLog, cursor: string | undefined, page: Timeline): EventLog {
  const first = page.events.find((event) => typeof event.timestamp === "string")?.timestamp;
  const start = log.start ?? (first == null ? null : Date.parse(first));
  const added = page.events.map(({ timestamp, event_type, data }) => ({
    t: timestamp == null || start === null ? null : Date.parse(timestamp) - start,
    type: event_type,
    data,
  }));
  const next = page.next_cursor ?? null;
  return {
    events: log.events.concat(added),
    start,
    complete: next === null,
    last: { cursor, length: added.length },
    next,
  };
}

/** The log without its last page, to read that one again: more may have come behind its events. */
function withoutLastPage(log: EventLog): EventLog {
  const kept = log.last === null ? 0 : log.events.length - log.last.length;
  return { ...log, events: log.events.slice(0, kept), start: kept === 0 ? null : log.start, complete: false, last: null };
}

interface Reading {
  /** What was read before. */
  known: EventLog | undefined;
  /** Stops at so many events; the log is incomplete then. */
  most: number;
  readPage: (cursor: string | undefined) => Promise<Timeline>;
  /** Told while it is read, now and then. */
  onProgress: (log: EventLog) => void;
}

/** Progress is told when the log has grown by so much: a long session is not drawn anew for each of its pages. */
const TELLING_GROWTH = 1.3;

/** Reads on to the end. Gives back `known` itself when nothing was added. */
export async function readOn({ known, most, readPage, onProgress }: Reading): Promise<EventLog> {
  if (known !== undefined && !known.complete && known.events.length >= most) return known;
  let log = known ?? EMPTY_LOG;
  let cursor = log.next ?? undefined;
  if (known !== undefined && known.complete) {
    cursor = known.last?.cursor;
    log = withoutLastPage(known);
  }
  let told = known?.complete === true ? known.events.length : 0;
  for (;;) {
    const page = await readPage(cursor);
    log = withPage(log, cursor, page);
    if (log.next === null || log.events.length >= most) break;
    if (log.events.length >= told * TELLING_GROWTH) {
      told = log.events.length;
      onProgress(log);
    }
    cursor = log.next;
  }
  return known !== undefined && known.complete && log.complete && known.events.length === log.events.length ? known : log;
}

const field = (event: LoggedEvent, name: string): unknown => event.data[name];

export function numberOf(event: LoggedEvent, name: string): number | undefined {
  const value = field(event, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function wordOf(event: LoggedEvent, name: string): string | undefined {
  const value = field(event, name);
  return typeof value === "string" ? value : undefined;
}

export function flagOf(event: LoggedEvent, name: string): boolean | undefined {
  const value = field(event, name);
  return typeof value === "boolean" ? value : undefined;
}

/** How many events of each type there are. */
export function countTypes(events: readonly LoggedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
