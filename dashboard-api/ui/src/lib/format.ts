/** Numbers and times as texts, in one way everywhere. Inputs are plain numbers and ISO 8601 texts; times are shown in the reader's zone. */

const LOCALE = "en";

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const oneDigit = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const finerShare = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "narrow" });

/** 12,345 */
export const formatCount = (count: number): string => whole.format(count);

/** 12.3K */
export const formatShort = (count: number): string => (Math.abs(count) < 10_000 ? whole.format(count) : short.format(count));

/** 0.127 as 13%; below 10 % with one digit. */
export function formatPercent(part: number): string {
  return Math.abs(part) < 0.1 && part !== 0 ? finerShare.format(part) : share.format(part);
}

/** A rate: 0.4, 12.3, 1,234. */
export const formatRate = (rate: number): string => (Math.abs(rate) < 100 ? oneDigit.format(rate) : whole.format(rate));

/** Milliseconds as 840 ms, 12.4 s, 3 min 20 s, 2 h 5 min. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${whole.format(Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${oneDigit.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(minutes, "min", Math.round(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return withRest(hours, "h", minutes % 60, "min");
  return withRest(Math.floor(hours / 24), "d", hours % 24, "h");
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${restUnit}`;
}

/** Bytes as 512 B, 1.4 kB, 3.2 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${oneDigit.format(bytes / 1000)} kB`;
  return `${oneDigit.format(bytes / 1_000_000)} MB`;
}

type Moment = string | number | Date;

export const formatDateTime = (at: Moment): string => dateTime.format(new Date(at));
export const formatDay = (at: Moment): string => day.format(new Date(at));
export const formatClock = (at: Moment): string => clock.format(new Date(at));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
];

/** "12s ago", "3 hr. ago"; within five seconds "now". */
export function formatRelative(at: Moment, now: number = Date.now()): string {
  let amount = (new Date(at).getTime() - now) / 1000;
  if (Math.abs(amount) < 5) return relative.format(0, "second");
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return relative.format(Math.trunc(amount), "year");
}

/** The last characters of an id: UUIDv7 ids of one minute begin alike, so their ends tell them apart. */
export const shortId = (id: string): string => `…${id.slice(-8)}`;
