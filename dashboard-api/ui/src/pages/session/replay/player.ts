/** The clock of a replay: where it stands, how fast it goes, and what it leaves out. Knows neither canvas nor React. */

export interface Gap {
  from: number;
  to: number;
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];

/** Pauses longer than this are jumped over, when asked to. */
export const LONG_PAUSE_MS = 2500;
/** What is still played of a pause before it is left out, and before it ends. */
const LEAD_MS = 400;

/** Pauses between activities (sorted times) from 0 to `duration`, without their edges. */
export function pausesOf(times: readonly number[], duration: number): Gap[] {
  const gaps: Gap[] = [];
  let before = 0;
  for (const t of [...times, duration]) {
    if (t - before > LONG_PAUSE_MS) gaps.push({ from: before + LEAD_MS, to: t - LEAD_MS });
    before = Math.max(before, t);
  }
  return gaps;
}

/** Where playing for `elapsed` milliseconds leads to. */
export function advance(time: number, elapsed: number, gaps: readonly Gap[]): number {
  let at = time;
  let left = elapsed;
  for (const gap of gaps) {
    if (gap.to <= at) continue;
    if (at + left < gap.from) break;
    left -= Math.max(0, gap.from - at);
    at = gap.to;
  }
  return at + left;
}

export interface PlayerState {
  playing: boolean;
  speed: Speed;
  skipPauses: boolean;
  duration: number;
}

type Listener = () => void;

export class Player {
  #time = 0;
  #gaps: readonly Gap[] = [];
  #state: PlayerState = { playing: false, speed: 1, skipPauses: true, duration: 0 };
  #onTime = new Set<Listener>();
  #onState = new Set<Listener>();

  get time(): number {
    return this.#time;
  }

  /** The same object as long as nothing changes. */
  get state(): PlayerState {
    return this.#state;
  }

  /** Told at every frame that moves. */
  onTime = (listener: Listener): (() => void) => listen(this.#onTime, listener);
  /** Told when anything but the time changes. */
  onState = (listener: Listener): (() => void) => listen(this.#onState, listener);

  /** What there is to play. Whoever stands at the end of a session that goes on stays at its end. */
  load({ duration, times, follow = false }: { duration: number; times: readonly number[]; follow?: boolean }): void {
    const atEnd = this.#time >= this.#state.duration;
    this.#gaps = pausesOf(times, duration);
    this.#change({ duration });
    if (this.#time > duration || (follow && atEnd)) this.#move(duration);
  }

  play = (): void => {
    if (this.#state.duration <= 0) return;
    if (this.#time >= this.#state.duration) this.#move(0);
    this.#change({ playing: true });
  };

  pause = (): void => this.#change({ playing: false });

  toggle = (): void => {
    if (this.#state.playing) this.pause();
    else this.play();
  };

  seek = (time: number): void => this.#move(Math.min(this.#state.duration, Math.max(0, time)));

  step = (milliseconds: number): void => this.seek(this.#time + milliseconds);

  setSpeed = (speed: Speed): void => this.#change({ speed });

  setSkipPauses = (skipPauses: boolean): void => this.#change({ skipPauses });

  /** `elapsed` milliseconds of the reader's time have passed. */
  tick(elapsed: number): void {
    if (!this.#state.playing) return;
    const { speed, duration, skipPauses } = this.#state;
    const next = advance(this.#time, elapsed * speed, skipPauses ? this.#gaps : []);
    if (next >= duration) this.#change({ playing: false });
    this.seek(next);
  }

  #move(time: number): void {
    if (time === this.#time) return;
    this.#time = time;
    for (const listener of this.#onTime) listener();
  }

  #change(change: Partial<PlayerState>): void {
    const next = { ...this.#state, ...change };
    if ((Object.keys(next) as (keyof PlayerState)[]).every((name) => next[name] === this.#state[name])) return;
    this.#state = next;
    for (const listener of this.#onState) listener();
  }
}

function listen(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
