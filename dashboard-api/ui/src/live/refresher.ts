/** The row of a message is stored some hundred milliseconds later at most half the time; the second look is for the rest. */
const FIRST_LOOK_MS = 250;
const SECOND_LOOK_MS = 700;
/** Looks are no closer than this under a steady stream of messages. */
const SHORTEST_PAUSE_MS = 1000;

/** When to look again after something has happened: soon, and once more, because the store lags behind the feed. */
export class Refresher {
  readonly #look: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastLook = -Infinity;
  #lookTwice = false;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** Something has happened. */
  note(): void {
    this.#lookTwice = true;
    if (this.#timer !== undefined) return;
    const rested = performance.now() - this.#lastLook;
    this.#plan(Math.max(FIRST_LOOK_MS, SHORTEST_PAUSE_MS - rested));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #plan(wait: number): void {
    this.#timer = setTimeout(() => this.#lookNow(), wait);
  }

  #lookNow(): void {
    this.#timer = undefined;
    this.#lastLook = performance.now();
    this.#look();
    if (!this.#lookTwice) return;
    this.#lookTwice = false;
    this.#plan(SECOND_LOOK_MS);
  }
}
