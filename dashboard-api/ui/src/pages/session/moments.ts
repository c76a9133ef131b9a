/**
 * Where in a session a reason can be seen. Verdicts carry no times: detectors keep no events. So this page looks through the
 * stored events for what the reason is about, by the same mechanism as far as one event shows it. Reasons that only many
 * events together show (regularity, the learned model) have no moments, and none are made up.
 */
import { flagOf, type LoggedEvent, numberOf, type TimedEvent, timed, wordOf } from "@/pages/session/eventLog";
import { awaySpans, hiddenSpans, isWithin, type Press, pressesOf, typingSpans } from "@/pages/session/presence";

const PRESSED = new Set(["click", "keypress", "keystroke"]);
const FAR_PX = 100;
const FEW_MOVES = 1;
const INSTANT_MS = 12;
const INSTANT_KEY_MS = 15;
const CENTRE_PX = 0.5;
const JUMP_PX = 1200;
const AFTER_RETURN_MS = 8000;
const LONG_TEXT = 20;
const READING_SPEED = 60;
const THINK_MS = 1200;
const BACKWARDS_MS = 1000;

type Finder = (events: readonly TimedEvent[]) => number[];

const timesOf = (events: readonly { t: number }[]): number[] => events.map(({ t }) => t);
const where =
  (matches: (event: TimedEvent) => boolean): Finder =>
  (events) =>
    timesOf(events.filter(matches));

const farFromBefore = (press: Press, index: number, all: readonly Press[]): boolean => {
  const before = all[index - 1];
  return before !== undefined && Math.hypot(press.x - before.x, press.y - before.y) >= FAR_PX;
};
const presses =
  (matches: (press: Press, index: number, all: readonly Press[]) => boolean): Finder =>
  (events) =>
    timesOf(pressesOf(events).filter(matches));

const jumped = presses((press, index, all) => farFromBefore(press, index, all) && press.moves <= FEW_MOVES);
const madeByScript = (...types: string[]): Finder => where((event) => types.includes(event.type) && flagOf(event, "trusted") === false);
const ofType = (...types: string[]): Finder => where((event) => types.includes(event.type));
const typing: Finder = (events) => typingSpans(events).map(({ from }) => from);

const repeatedPlaces: Finder = (events) => {
  const seen = new Set<string>();
  return timesOf(
    pressesOf(events).filter((press, index, all) => {
      const place = `${Math.round(press.x)}:${Math.round(press.y)}`;
      const again = seen.has(place) && farFromBefore(press, index, all);
      seen.add(place);
      return again;
    }),
  );
};

const pastedAfterReturn: Finder = (events) => {
  const returns = awaySpans(events, Infinity).filter(({ to }) => Number.isFinite(to));
  const pastes = events.filter(({ type, data }) => type === "paste" && data["source"] !== "autofill" && data["source"] !== "insertion");
  return timesOf(pastes.filter(({ t }) => returns.some(({ to }) => t >= to && t - to < AFTER_RETURN_MS)));
};

const actedWhileHidden: Finder = (events) => {
  const hidden = hiddenSpans(events, Infinity);
  return timesOf(events.filter(({ type, t }) => PRESSED.has(type) && isWithin(t, hidden)));
};

const hurriedAnswers: Finder = (events) => {
  const found: number[] = [];
  let shown: TimedEvent | null = null;
  for (const event of events) {
    if (event.type === "question_view") shown = event;
    if (event.type !== "question_answer" || shown === null) continue;
    const length = numberOf(shown, "text_length");
    if (length !== undefined && event.t - shown.t < (length / READING_SPEED) * 1000) found.push(event.t);
    shown = null;
  }
  return found;
};

/** The answers of the longest run of one grid column. */
const straightLine: Finder = (events) => {
  let longest: number[] = [];
  let run: number[] = [];
  let column: number | undefined;
  for (const event of events) {
    if (event.type !== "question_answer" || wordOf(event, "kind") !== "grid") continue;
    const chosen = numberOf(event, "column") ?? numberOf(event, "option");
    run = chosen !== undefined && chosen === column ? [...run, event.t] : [event.t];
    column = chosen;
    if (run.length > longest.length) longest = run;
  }
  return longest.length > 1 ? longest : [];
};

/** Clicks with hardly a move since the pause before them. */
const thinkThenAct: Finder = (events) => {
  const found: number[] = [];
  let paused = false;
  let moves = 0;
  let last: number | null = null;
  for (const event of events) {
    if (last !== null && event.t - last >= THINK_MS) [paused, moves] = [true, 0];
    last = event.t;
    if (event.type === "mouse_move" || wordOf(event, "phase") === "move") moves += 1;
    if (event.type !== "click") continue;
    if (paused && moves <= 2) found.push(event.t);
    paused = false;
  }
  return found;
};

const clockBackwards: Finder = (events) =>
  timesOf(events.filter((event, index) => event.t - (events[index - 1]?.t ?? event.t) < -BACKWARDS_MS));

const FINDERS: Record<string, Finder> = {
  "mouse.teleport": jumped,
  "mouse.swift_moves": jumped,
  "mouse.instant_press": presses(({ hold }) => hold !== null && hold < INSTANT_MS),
  "mouse.constant_press": presses(({ hold }) => hold !== null),
  "mouse.centred_clicks": presses(
    ({ target, x, y, moves }) => target !== null && moves > 0 && Math.hypot(target.x - x, target.y - y) <= CENTRE_PX,
  ),
  "mouse.repeated_places": repeatedPlaces,
  "mouse.untrusted": madeByScript("mouse_move", "click", "pointer"),
  "keystroke.untrusted": madeByScript("keystroke", "keypress"),
  "keystroke.instant_keys": where((event) => PRESSED.has(event.type) && event.type !== "click" && (numberOf(event, "dwell") ?? Infinity) < INSTANT_KEY_MS),
  "keystroke.independent": typing,
  "keystroke.too_fast": typing,
  "keystroke.clockwork": typing,
  "timing.clockwork_clicks": ofType("click"),
  "timing.think_act_rhythm": thinkThenAct,
  "timing.clock_backwards": clockBackwards,
  "focus.acted_while_hidden": actedWhileHidden,
  "focus.left_then_pasted": pastedAfterReturn,
  "scroll.untrusted": madeByScript("scroll"),
  "scroll.jumps": where((event) => event.type === "scroll" && Math.abs(numberOf(event, "dy") ?? 0) >= JUMP_PX),
  "answers.honeypot": where((event) => event.type === "honeypot" && flagOf(event, "filled") === true),
  "answers.attention_failed": where((event) => wordOf(event, "attention") === "failed"),
  "answers.inserted_texts": where(
    (event) => event.type === "paste" && (numberOf(event, "length") ?? 0) >= LONG_TEXT && wordOf(event, "source") !== "autofill",
  ),
  "answers.speeding": hurriedAnswers,
  "answers.straight_line": straightLine,
};

/** Whether single moments can show this reason at all. */
export const hasMoments = (code: string): boolean => code in FINDERS;

/** Times of the moments that fit a reason, in order. */
export function momentsOf(code: string, events: readonly LoggedEvent[]): number[] {
  const found = FINDERS[code]?.(timed(events)) ?? [];
  return [...new Set(found)].sort((one, other) => one - other);
}
