/** What happened when, as rows of a time axis: pages, presence, pointer, scrolling, keys, inserted text, and a reason's moments. */
import { formatCount, formatDuration } from "@/lib/format";
import { flagOf, type LoggedEvent, numberOf, type TimedEvent, timed, wordOf } from "@/pages/session/eventLog";
import { awaySpans, pressesOf, type Span } from "@/pages/session/presence";
import { lastAt } from "@/pages/session/replay/geometry";
import { type KeyGroup, keyGroup } from "@/pages/session/replay/keyGroups";
import { replay as text } from "@/strings/sessionReplay";
import { keyClassWord } from "@/strings/sessionEvents";

export interface NamedSpan extends Span {
  label: string;
  /** The name alone, where there is no room for more. */
  short?: string;
}

export interface Mark {
  t: number;
  label: string;
}

export interface KeyMark extends Mark {
  group: KeyGroup;
  /** How long it was held; 0 when that is not known. */
  held: number;
}

export type Track =
  | { key: "pages" | "presence"; kind: "spans"; spans: readonly NamedSpan[] }
  | { key: "pointer"; kind: "pointer"; moves: Float64Array; presses: readonly Mark[] }
  | { key: "scroll"; kind: "line"; times: Float64Array; values: Float64Array; most: number }
  | { key: "keys"; kind: "keys"; keys: readonly KeyMark[] }
  | { key: "inserted" | "reason"; kind: "marks"; marks: readonly Mark[] };

export type TrackKey = Track["key"];

interface Key {
  t: number;
  class: string;
  dwell?: number | null | undefined;
}

/** Rows in their order; those of which nothing is stored are left out, but for pages and presence. */
export function tracksOf(log: readonly LoggedEvent[], keys: readonly Key[], duration: number): Track[] {
  const events = timed(log);
  const spans = (key: "pages" | "presence", all: readonly NamedSpan[]): Track => ({ key, kind: "spans", spans: all });
  const tracks = [spans("pages", pageSpans(events, duration)), spans("presence", presenceSpans(events, duration))];
  const pointer = pointerTrack(events);
  if (pointer.moves.length + pointer.presses.length > 0) tracks.push(pointer);
  const scroll = scrollTrack(events);
  if (scroll.times.length > 0) tracks.push(scroll);
  if (keys.length > 0) tracks.push({ key: "keys", kind: "keys", keys: keys.map(keyMark) });
  const inserted = insertedMarks(events);
  if (inserted.length > 0) tracks.push({ key: "inserted", kind: "marks", marks: inserted });
  return tracks;
}

/** Each page until the next; where no page is told, each question. */
function pageSpans(events: readonly TimedEvent[], duration: number): NamedSpan[] {
  const views = (type: string) => events.filter((event) => event.type === type);
  const pages = views("page_view");
  const shown = pages.length > 0 ? pages : views("question_view");
  const [field, say] = pages.length > 0 ? (["page", text.page] as const) : (["question", text.question] as const);
  return shown.map((event, index) => {
    const short = nameOf(event, field, index);
    return { from: event.t, to: Math.max(event.t, shown[index + 1]?.t ?? duration), label: say(short), short };
  });
}

const nameOf = (event: LoggedEvent, field: string, index: number): string =>
  wordOf(event, field) ?? String(numberOf(event, "index") ?? index + 1);

const presenceSpans = (events: readonly TimedEvent[], duration: number): NamedSpan[] =>
  awaySpans(events, duration).map((span) => ({ ...span, label: text.away(formatDuration(span.to - span.from)) }));

const isMove = (event: LoggedEvent): boolean => event.type === "mouse_move" || wordOf(event, "phase") === "move";

function pointerTrack(events: readonly TimedEvent[]): Track & { kind: "pointer" } {
  const moves = Float64Array.from(events.filter(isMove), ({ t }) => t).sort();
  const presses = pressesOf(events).map((press) => ({
    t: press.t,
    label: text.press(press.touch, Math.round(press.x), Math.round(press.y), press.hold === null ? null : formatDuration(press.hold)),
  }));
  return { key: "pointer", kind: "pointer", moves, presses: sorted(presses) };
}

/** The scroll position; where only steps are told, their sum on each page. */
function scrollTrack(events: readonly TimedEvent[]): Track & { kind: "line" } {
  const points: { t: number; value: number }[] = [];
  let position = 0;
  for (const event of events) {
    if (event.type === "page_view" && points.length > 0) {
      position = 0;
      points.push({ t: event.t, value: 0 });
    }
    if (event.type !== "scroll") continue;
    position = numberOf(event, "scroll_y") ?? Math.max(0, position + (numberOf(event, "dy") ?? 0));
    points.push({ t: event.t, value: position });
  }
  const inOrder = sorted(points);
  const values = Float64Array.from(inOrder, ({ value }) => value);
  return { key: "scroll", kind: "line", times: Float64Array.from(inOrder, ({ t }) => t), values, most: values.reduce((most, value) => Math.max(most, value), 1) };
}

const keyMark = (key: Key): KeyMark => ({
  t: key.t,
  group: keyGroup(key.class),
  held: key.dwell ?? 0,
  label: text.key(keyClassWord(key.class), key.dwell == null ? null : formatDuration(key.dwell)),
});

function insertedMarks(events: readonly TimedEvent[]): Mark[] {
  const marks = events.filter(({ type }) => type === "paste" || type === "copy");
  return sorted(
    marks.map((event) => {
      const length = numberOf(event, "length");
      const how = event.type === "copy" ? "copy" : (wordOf(event, "source") ?? "paste");
      return { t: event.t, label: text.inserted(how, length === undefined ? null : formatCount(length)) };
    }),
  );
}

const sorted = <T extends { t: number }>(marks: T[]): T[] => marks.sort((one, other) => one.t - other.t);

/** What a track holds at a time, for whoever points at it; `near` is how far away a mark may be. */
export function whatIsAt(track: Track, t: number, near: number): string | null {
  switch (track.kind) {
    case "spans":
      return track.spans.findLast((span) => t >= span.from && t <= span.to)?.label ?? null;
    case "marks":
    case "keys":
      return nearest(track.kind === "keys" ? track.keys : track.marks, t, near)?.label ?? null;
    case "pointer":
      return nearest(track.presses, t, near)?.label ?? (hasWithin(track.moves, t, near) ? text.moves : null);
    case "line": {
      const index = lastAt(track.times, t);
      return index < 0 ? null : text.scrolled(formatCount(Math.round(track.values[index] ?? 0)));
    }
  }
}

function nearest<T extends Mark>(marks: readonly T[], t: number, near: number): T | null {
  let best: T | null = null;
  for (const mark of marks) {
    if (mark.t > t + near) break;
    if (Math.abs(mark.t - t) <= near && (best === null || Math.abs(mark.t - t) < Math.abs(best.t - t))) best = mark;
  }
  return best;
}

function hasWithin(times: Float64Array, t: number, near: number): boolean {
  const index = lastAt(times, t + near);
  return index >= 0 && (times[index] ?? -Infinity) >= t - near;
}

/** The viewport that the browser told, the latest one. */
export function viewportOf(events: readonly LoggedEvent[]): { width: number; height: number } | null {
  const device = events.findLast((event) => event.type === "device" && numberOf(event, "viewport_width") !== undefined);
  const [width, height] = device === undefined ? [] : [numberOf(device, "viewport_width"), numberOf(device, "viewport_height")];
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? { width, height } : null;
}

/** When somebody did something: what lies between is a pause. */
export function activityTimes(log: readonly LoggedEvent[]): number[] {
  return timed(log)
    .map(({ t }) => t)
    .sort((one, other) => one - other);
}

export type PointerKind = "mouse" | "touch" | "keyboard" | "none";

/** What a session without a pointer path was answered with, as far as events tell. */
export function pointerKind(log: readonly LoggedEvent[]): PointerKind {
  let kind: PointerKind = "none";
  for (const event of log) {
    const { type } = event;
    const pointer = wordOf(event, "pointer_type");
    if (type === "touch" || pointer === "touch") kind = kind === "mouse" ? "mouse" : "touch";
    else if (type === "mouse_move" || (type === "click" && flagOf(event, "trusted") !== undefined && pointer === "mouse")) return "mouse";
    else if ((type === "keystroke" || type === "keypress") && kind === "none") kind = "keyboard";
  }
  return kind;
}
