/** The part of a session's time that is in sight, its scale, and its marks. */

export interface View {
  from: number;
  to: number;
}

/** Nobody needs to see less than this at once. */
const NARROWEST_MS = 200;

export const whole = (duration: number): View => ({ from: 0, to: Math.max(NARROWEST_MS, duration) });

export const isWhole = (view: View, duration: number): boolean => view.from <= 0 && view.to >= whole(duration).to;

/** Moves a view into the session without changing its length, if it fits. */
export function bounded({ from, to }: View, duration: number): View {
  const all = whole(duration);
  const length = Math.min(all.to, Math.max(NARROWEST_MS, to - from));
  const begin = Math.min(all.to - length, Math.max(0, from));
  return { from: begin, to: begin + length };
}

/** Zooms by `factor` (2: twice as near) so that `around` stays where it is. */
export function zoomed(view: View, factor: number, around: number, duration: number): View {
  const length = view.to - view.from;
  const next = Math.min(whole(duration).to, Math.max(NARROWEST_MS, length / factor));
  const place = Math.min(1, Math.max(0, (around - view.from) / length));
  return bounded({ from: around - place * next, to: around - place * next + next }, duration);
}

export const panned = (view: View, by: number, duration: number): View => bounded({ from: view.from + by, to: view.to + by }, duration);

/** A view that shows `t`: the same if it does, else moved on by pages. */
export function showing(view: View, t: number, duration: number): View {
  if (t >= view.from && t <= view.to) return view;
  const length = view.to - view.from;
  return bounded({ from: t - length * 0.1, to: t + length * 0.9 }, duration);
}

/** A view around a moment, near enough to see what happened there. */
export const around = (t: number, duration: number, length = 8000): View => bounded({ from: t - length / 2, to: t + length / 2 }, duration);

export const toX = (view: View, width: number, t: number): number => ((t - view.from) / (view.to - view.from)) * width;
export const toTime = (view: View, width: number, x: number): number => view.from + (x / Math.max(1, width)) * (view.to - view.from);

const STEPS = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000];
const PX_BETWEEN = 84;

/** Times to name on the axis: round ones, far enough from each other to be read. */
export function ticks(view: View, width: number): number[] {
  const least = ((view.to - view.from) / Math.max(1, width)) * PX_BETWEEN;
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / 3_600_000) * 3_600_000;
  const marks: number[] = [];
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) marks.push(t);
  return marks;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Time within a session: 0:07, 12:05.4, 1:02:03. Tenths where they are told apart. */
export function clockText(milliseconds: number, withTenths = false): string {
  const unit = withTenths ? 100 : 1000;
  const steps = Math.floor(Math.max(0, milliseconds) / unit);
  const seconds = Math.floor((steps * unit) / 1000);
  const tenths = withTenths ? `.${String(steps % 10)}` : "";
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${String(hours)}:${two(minutes)}` : String(minutes)}:${two(seconds % 60)}${tenths}`;
}
