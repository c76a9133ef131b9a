/** What a session's events say of pages, of being away, of presses: read once, used by the replay and by the moments of reasons. */
import { type LoggedEvent, numberOf, type TimedEvent, timed, wordOf } from "@/pages/session/eventLog";

export interface Span {
  from: number;
  to: number;
}

/** Whether an event says that the page was left, came back, or neither. */
function turn(event: LoggedEvent): "left" | "back" | null {
  const state = wordOf(event, "state");
  switch (event.type) {
    case "blur":
      return "left";
    case "focus":
      return state === "hidden" ? "left" : "back";
    case "visibility":
      return state === "hidden" ? "left" : "back";
    default:
      return null;
  }
}

/** When the page was left (blurred or hidden); the last one ends with the session if nobody came back. */
export function awaySpans(events: readonly LoggedEvent[], end: number): Span[] {
  const spans: Span[] = [];
  let left: number | null = null;
  for (const event of timed(events)) {
    const what = turn(event);
    if (what === "left") left ??= event.t;
    if (what === "back" && left !== null) {
      spans.push({ from: left, to: event.t });
      left = null;
    }
  }
  if (left !== null) spans.push({ from: left, to: Math.max(left, end) });
  return spans;
}

/** When the page was hidden: nobody could see it. */
export function hiddenSpans(events: readonly LoggedEvent[], end: number): Span[] {
  const spans: Span[] = [];
  let hidden: number | null = null;
  for (const event of timed(events)) {
    const state = wordOf(event, "state");
    if (event.type === "visibility" && state === "hidden") hidden ??= event.t;
    const shown = (event.type === "visibility" && state !== "hidden") || (event.type === "focus" && state === "visible");
    if (shown && hidden !== null) {
      spans.push({ from: hidden, to: event.t });
      hidden = null;
    }
  }
  if (hidden !== null) spans.push({ from: hidden, to: Math.max(hidden, end) });
  return spans;
}

export const isWithin = (t: number, spans: readonly Span[]): boolean => spans.some(({ from, to }) => t >= from && t <= to);

export interface Press {
  t: number;
  x: number;
  y: number;
  /** Time from press to release, if it is known. */
  hold: number | null;
  /** Centre and size of what was pressed, if it is known. */
  target: { x: number; y: number; width: number; height: number } | null;
  /** Moves since the press before. */
  moves: number;
  touch: boolean;
}

/** Presses in order. Where both are stored, a click and the release before it are one press. */
export function pressesOf(events: readonly LoggedEvent[]): Press[] {
  const presses: Press[] = [];
  let moves = 0;
  let down: TimedEvent | null = null;
  let lastHold: { at: number; hold: number } | null = null;
  for (const event of timed(events)) {
    const phase = wordOf(event, "phase");
    if (event.type === "mouse_move" || phase === "move") moves += 1;
    else if (phase === "down" || phase === "start") down = event;
    else if ((phase === "up" || phase === "end") && down !== null) {
      lastHold = { at: event.t, hold: event.t - down.t };
      if (event.type === "touch") {
        addPress(presses, down, { moves, hold: lastHold.hold });
        moves = 0;
      }
      down = null;
    } else if (event.type === "click") {
      const heldBefore = lastHold !== null && event.t - lastHold.at < CLICK_AFTER_RELEASE_MS ? lastHold.hold : null;
      addPress(presses, event, { moves, hold: numberOf(event, "hold") ?? heldBefore });
      moves = 0;
    }
  }
  return presses;
}

/** A click follows its release within so long. */
const CLICK_AFTER_RELEASE_MS = 50;

function addPress(presses: Press[], event: TimedEvent, { moves, hold }: { moves: number; hold: number | null }): void {
  const [x, y] = [numberOf(event, "x"), numberOf(event, "y")];
  if (x === undefined || y === undefined) return;
  // A touch that also made a click is one press.
  const before = presses.at(-1);
  if (event.type === "click" && before?.touch === true && event.t - before.t < TAP_MS) presses.pop();
  const touch = event.type === "touch" || wordOf(event, "pointer_type") === "touch";
  presses.push({ t: event.t, x, y, hold, target: targetOf(event, x, y), moves, touch });
}

const TAP_MS = 600;

function targetOf(event: LoggedEvent, x: number, y: number): Press["target"] {
  const [width, height] = [numberOf(event, "target_width"), numberOf(event, "target_height")];
  if (width === undefined || height === undefined || width <= 0 || height <= 0) return null;
  return { x: x - (numberOf(event, "offset_x") ?? 0), y: y - (numberOf(event, "offset_y") ?? 0), width, height };
}

const TYPING = new Set(["keystroke", "keypress"]);
/** Longer pauses begin another stretch of typing. */
const TYPING_PAUSE_MS = 3000;

/** Stretches of typing. */
export function typingSpans(events: readonly LoggedEvent[]): Span[] {
  const spans: Span[] = [];
  for (const event of timed(events)) {
    if (!TYPING.has(event.type)) continue;
    const last = spans.at(-1);
    if (last !== undefined && event.t - last.to <= TYPING_PAUSE_MS) last.to = Math.max(last.to, event.t);
    else spans.push({ from: event.t, to: event.t });
  }
  return spans;
}
