import { useSyncExternalStore } from "react";

type Step = "minute" | "second";

/** One timer for all times on the screen; it runs only while something shows a time. */
class Clock {
  private now = Date.now();
  private timer: number | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly everyMs: number) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.now = Date.now();
      this.timer = window.setInterval(this.tick, this.everyMs);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) window.clearInterval(this.timer);
    };
  };

  readonly read = (): number => {
    // Nobody keeps the clock running before the first listener; within one drawing it must say the same all the same.
    if (this.listeners.size === 0 && Date.now() - this.now >= this.everyMs) this.now = Date.now();
    return this.now;
  };

  private readonly tick = (): void => {
    this.now = Date.now();
    for (const listener of this.listeners) listener();
  };
}

const clocks: Record<Step, Clock> = { second: new Clock(1000), minute: new Clock(30_000) };

/** Now in milliseconds, renewed every second or every half minute; null means standing still. */
export function useNow(step: Step): number {
  const clock = clocks[step];
  return useSyncExternalStore(clock.subscribe, clock.read);
}
