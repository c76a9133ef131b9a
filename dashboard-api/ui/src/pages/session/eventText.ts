/** An event of the timeline as a sentence: what happened, and its few telling numbers. */
import { formatCount, formatDuration } from "@/lib/format";
import { flagOf, type LoggedEvent, numberOf, wordOf } from "@/pages/session/eventLog";
import { events as text, eventWord, keyClassWord } from "@/strings/sessionEvents";

const words = text.fields;

const round = (value: number): string => formatCount(Math.round(value));

/** Fields that say something of their own, in the order they are told. */
function details(event: LoggedEvent): (string | null)[] {
  const number = (name: string, say: (value: string) => string, format: (value: number) => string = round) => {
    const value = numberOf(event, name);
    return value === undefined ? null : say(format(value));
  };
  const word = (...names: string[]) => names.map((name) => wordOf(event, name)).find((value) => value !== undefined) ?? null;
  return [
    position(event),
    word("page"),
    word("question"),
    word("trap", "name"),
    event.type.startsWith("question") ? word("kind") : null,
    option(event),
    number("column", words.column),
    number("length", words.characters),
    event.type === "paste" ? word("source") : null,
    event.type === "visibility" ? word("state") : null,
    event.type === "question_view" ? number("text_length", words.readable) : null,
    number("duration", words.afterDuration, formatDuration),
    number("hold", words.held, formatDuration),
    number("dwell", words.held, formatDuration),
    number("away", words.awayFor, formatDuration),
    event.type === "scroll" ? (number("scroll_y", words.scrolledTo) ?? number("dy", words.scrolledBy)) : null,
    checked(event),
    flagOf(event, "repeat") === true ? words.repeat : null,
    flagOf(event, "trusted") === false ? words.script : null,
  ];
}

function position(event: LoggedEvent): string | null {
  const [x, y] = [numberOf(event, "x"), numberOf(event, "y")];
  return x === undefined || y === undefined ? null : words.position(round(x), round(y));
}

function option(event: LoggedEvent): string | null {
  const [chosen, of] = [numberOf(event, "option"), numberOf(event, "options")];
  // People count from one.
  return chosen === undefined ? null : words.option(round(chosen + 1), of === undefined ? null : round(of));
}

function checked(event: LoggedEvent): string | null {
  const attention = wordOf(event, "attention");
  if (attention !== undefined) return attention === "failed" ? words.attentionFailed : words.attentionPassed;
  const filled = flagOf(event, "filled");
  return filled === undefined ? null : filled ? words.filled : words.notFilled;
}

export interface EventText {
  what: string;
  detail: string;
}

export function eventText(event: LoggedEvent): EventText {
  const key = wordOf(event, "key");
  const phase = wordOf(event, "phase") ?? wordOf(event, "action");
  const name = key === undefined ? eventWord(event.type) : keyClassWord(key);
  const told = details(event).filter((detail) => detail !== null && detail !== "");
  const plain = told.length > 0 || !(event.type === "device" || event.type === "network" || event.type === "custom") ? told : rest(event);
  return { what: phase === undefined ? name : `${name} ${phase}`, detail: plain.join(" · ") };
}

/** Events of properties: each property that is set. */
function rest(event: LoggedEvent): string[] {
  const plain = (name: string) => name.replaceAll("_", " ");
  return Object.entries(event.data).flatMap(([name, value]) => {
    if (value === false || value === null) return [];
    return value === true ? [plain(name)] : [`${plain(name)} ${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
}

export const EVENT_FILTERS = ["notable", "all", "pages", "pointer", "keys", "presence", "inserted", "scroll", "device"] as const;
export type EventFilter = (typeof EVENT_FILTERS)[number];

const TYPES: Partial<Record<EventFilter, readonly string[]>> = {
  pages: ["page_view", "question_view", "question_answer", "honeypot"],
  pointer: ["mouse_move", "click", "touch", "pointer"],
  keys: ["keystroke", "keypress"],
  presence: ["focus", "blur", "visibility"],
  inserted: ["paste", "copy"],
  scroll: ["scroll"],
  device: ["device", "network"],
};

/** Moves, scroll steps, keys and the halves of a click come by hundreds; the rest tells the story. */
const CHATTER = new Set(["mouse_move", "scroll", "keystroke", "keypress", "pointer", "touch"]);

/** A touch is what a click is to a mouse. */
const isNotable = (event: LoggedEvent): boolean =>
  !CHATTER.has(event.type) || (event.type === "touch" && wordOf(event, "phase") === "start");

/** Indices of the events that a filter shows. */
export function filterEvents(events: readonly LoggedEvent[], filter: EventFilter): number[] {
  const types = TYPES[filter];
  const shown: number[] = [];
  for (const [index, event] of events.entries()) {
    const { type } = event;
    if (filter === "all" || (types === undefined ? isNotable(event) : types.includes(type))) shown.push(index);
  }
  return shown;
}
