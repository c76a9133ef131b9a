/**
 * Made-up behaviour of some seconds, in the canonical form of events: enough for a first verdict, and nothing that was typed.
 * The same seed gives the same session.
 */

export interface SimulatedEvent {
  event_type: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  data: Record<string, number | boolean | string>;
}

export type Kind = "person" | "script";

export const SURVEY = "quick-start";

/** Mulberry32: small, quick, and good enough for a pretence. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes events one after the other on a clock of its own that begins at 0. */
class Scribe {
  readonly events: SimulatedEvent[] = [];
  #clock = 0;

  wait(milliseconds: number): void {
    this.#clock += milliseconds;
  }

  add(event_type: string, data: SimulatedEvent["data"]): void {
    this.events.push({ event_type, timestamp: this.#clock, data });
  }

  /** The events with their end at `end`, by the wall clock. */
  endingAt(end: number): SimulatedEvent[] {
    return this.events.map((event) => ({ ...event, timestamp: Math.round((end - this.#clock + event.timestamp) * 10) / 10 }));
  }
}

interface Point {
  x: number;
  y: number;
}

const between = (random: () => number, from: number, to: number): number => from + (to - from) * random();
/** About normal: the sum of three, around 0, at most 1.5 either way. */
const around = (random: () => number): number => random() + random() + random() - 1.5;
const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 });

const BROWSER = { screen_width: 1440, screen_height: 900, viewport_width: 1280, viewport_height: 720, pixel_ratio: 2, touch_points: 0 };
const QUESTIONS = ["q1", "q2", "q3"] as const;

/** Some seconds of an unhurried person with mouse and keyboard. */
function person(random: () => number, scribe: Scribe): void {
  scribe.add("device", { ...BROWSER, webdriver: false, platform: "macos", browser: "chrome", renderer: "hardware", languages: 2, cores: 8 });
  scribe.add("page_view", { page: "welcome", index: 0 });
  let pointer: Point = { x: between(random, 80, 400), y: between(random, 500, 690) };
  QUESTIONS.forEach((question, index) => {
    scribe.add("question_view", { question, kind: index === 2 ? "open_short" : "single", index, text_length: 90 + index * 30, options: 5 });
    scribe.wait(between(random, 2400, 4800));
    if (index > 0) scrollLikeAPerson(random, scribe, index);
    const target = { x: between(random, 420, 620), y: between(random, 240, 460) };
    pointer = moveLikeAPerson(random, scribe, pointer, target);
    clickAt(scribe, pointer, { x: around(random) * 9, y: around(random) * 5 }, between(random, 70, 130));
    if (index === 2) typeLikeAPerson(random, scribe, question);
    scribe.wait(between(random, 300, 900));
    scribe.add("question_answer", { question, kind: index === 2 ? "open_short" : "single", option: Math.floor(random() * 5), changes: index === 1 ? 1 : 0 });
  });
}

/** A hand's way: bowed, quick in the middle, slightly too far, and corrected. */
function moveLikeAPerson(random: () => number, scribe: Scribe, from: Point, to: Point): Point {
  const bow = { x: around(random) * 90, y: around(random) * 90 };
  const steps = Math.round(between(random, 26, 40));
  let at = from;
  for (let step = 1; step <= steps; step += 1) {
    const share = step / steps;
    const eased = 1.04 * share ** 2 * (3 - 2 * share) - 0.04 * share ** 6;
    const arc = Math.sin(Math.PI * share);
    at = rounded({
      x: from.x + (to.x - from.x) * eased + bow.x * arc + around(random) * 1.2,
      y: from.y + (to.y - from.y) * eased + bow.y * arc + around(random) * 1.2,
    });
    scribe.wait(between(random, 14, 34));
    scribe.add("mouse_move", { ...at, trusted: true, coalesced: 1 + Math.floor(random() * 3) });
  }
  scribe.wait(between(random, 90, 260));
  return at;
}

function scrollLikeAPerson(random: () => number, scribe: Scribe, page: number): void {
  let top = page * 240;
  for (let step = 0; step < 6; step += 1) {
    const dy = Math.round(between(random, 12, 70));
    top += dy;
    scribe.wait(between(random, 16, 70));
    scribe.add("scroll", { scroll_y: top, dy, trusted: true });
  }
  scribe.wait(between(random, 500, 1200));
}

function clickAt(scribe: Scribe, at: Point, offset: Point, hold: number): void {
  const { x: offset_x, y: offset_y } = rounded(offset);
  scribe.wait(hold);
  scribe.add("click", { ...at, button: "left", offset_x, offset_y, target_width: 180, target_height: 36, hold: Math.round(hold), trusted: true });
}

/** Words with pauses between them, and a slip that is taken back. */
function typeLikeAPerson(random: () => number, scribe: Scribe, question: string): void {
  for (let key = 0; key < 46; key += 1) {
    const isSlip = key === 17 || key === 33;
    const isSpace = key % 6 === 5;
    const pause = 110 + Math.exp(around(random) * 0.7) * 60 + (isSpace ? between(random, 60, 420) : 0) + (isSlip ? 380 : 0);
    scribe.wait(pause);
    scribe.add("keypress", {
      key: isSlip ? "backspace" : isSpace ? "space" : "letter",
      dwell: Math.round(88 + around(random) * 34),
      trusted: true,
      question,
    });
  }
}

/** A browser that a script drives: it says so, clicks without a way there, and types by the clock. */
function script(_random: () => number, scribe: Scribe): void {
  scribe.add("device", { ...BROWSER, pixel_ratio: 1, webdriver: true, headless: true, platform: "linux", browser: "chrome", renderer: "software", languages: 1, cores: 2 });
  scribe.add("page_view", { page: "welcome", index: 0 });
  QUESTIONS.forEach((question, index) => {
    scribe.add("question_view", { question, kind: index === 2 ? "open_short" : "single", index, text_length: 90 + index * 30, options: 5 });
    scribe.wait(120);
    clickAt(scribe, { x: 520, y: 260 + index * 60 }, { x: 0, y: 0 }, 0);
    for (let key = 0; index === 2 && key < 46; key += 1) {
      scribe.wait(25);
      scribe.add("keypress", { key: key % 6 === 5 ? "space" : "letter", dwell: 0, trusted: true, question });
    }
    scribe.add("question_answer", { question, kind: index === 2 ? "open_short" : "single", option: 0, changes: 0, duration: 120 });
  });
}

/** The events of one session that ends at `end` (milliseconds since 1970). */
export function simulate(kind: Kind, end: number, seed: number): SimulatedEvent[] {
  const scribe = new Scribe();
  (kind === "person" ? person : script)(seeded(seed), scribe);
  return scribe.endingAt(end);
}
