/** How a consumer group stands, judged by how long its oldest record waits. */
import type { Tone } from "@/components";
import { formatDuration } from "@/lib/format";
import { pipeline as text } from "@/strings/pipeline";
import type { Group, Partition, Pipeline } from "./queries";

/** Two commits of the detector, which commits every five seconds. */
const UP_TO_DATE_SECONDS = 10;
const FAR_BEHIND_SECONDS = 60;

export interface Standing {
  tone: Tone;
  /** A few words for a badge. */
  words: string;
  /** What that means. */
  meaning: string;
}

/** Whether the figures are those of an earlier look, because the last one failed. */
export const isOld = (report: Pipeline): boolean => (report.problem ?? null) !== null;

/** How a group stands; of old figures, how it stood, which is neither good nor bad news. */
export function standingIn(report: Pipeline, group: Group): Standing {
  const standing = standingOf(group);
  return isOld(report) ? { tone: "neutral", words: text.lastKnown(standing.words), meaning: text.lastKnownText } : standing;
}

export function standingOf(group: Group): Standing {
  if (group.state === "absent") return { tone: "neutral", words: text.state.absent, meaning: text.absentText };
  if (group.state === "empty") {
    return { tone: group.lag > 0 ? "bad" : "warn", words: text.state.empty, meaning: text.emptyText(group.lag) };
  }
  if (group.state === "rebalancing") return { tone: "info", words: text.state.rebalancing, meaning: text.rebalancingText };
  return standingAtWork(group);
}

function standingAtWork(group: Group): Standing {
  const age = oldest(group);
  const isRecent = age.seconds !== null && age.seconds <= UP_TO_DATE_SECONDS;
  if (group.lag === 0 || (isRecent && !age.atLeast)) return { tone: "good", words: text.upToDate, meaning: text.stableText };
  // What was there at the first look may be a second old or an hour.
  if (isRecent) return { tone: "neutral", words: text.recordsWait(group.lag), meaning: text.tooEarlyText };
  const isFar = age.seconds !== null && age.seconds > FAR_BEHIND_SECONDS;
  return {
    tone: isFar ? "bad" : "warn",
    words: age.seconds === null ? text.recordsWait(group.lag) : behindWords(age.seconds, age.atLeast),
    meaning: isFar ? text.lateText : text.slowText,
  };
}

/** How long the oldest record of a group waits; at least so long when one was there before anybody looked. */
function oldest(group: Group): { seconds: number | null; atLeast: boolean } {
  const waiting = group.partitions.filter((partition) => (partition.lag ?? 0) > 0);
  return { seconds: group.lag_seconds ?? null, atLeast: waiting.some((partition) => partition.lag_seconds_at_least) };
}

const wholeSeconds = (seconds: number): string => formatDuration(Math.round(seconds) * 1000);

export function behindWords(seconds: number, atLeast: boolean): string {
  const time = wholeSeconds(Math.max(1, seconds));
  return atLeast ? text.behindAtLeast(time) : text.behind(time);
}

/** How long the next record of a partition waits, in words. */
export function ageWords(partition: Partition): string {
  const seconds = partition.lag_seconds ?? null;
  if ((partition.lag ?? 0) === 0 || seconds === null) return "";
  return partition.lag_seconds_at_least ? text.atLeast(wholeSeconds(seconds)) : wholeSeconds(seconds);
}

export const groupAge = (group: Group): string => {
  const { seconds, atLeast } = oldest(group);
  if (group.lag === 0) return text.nothingWaits;
  if (seconds === null) return text.ageUnknown;
  return atLeast ? text.atLeast(wholeSeconds(seconds)) : wholeSeconds(seconds);
};

/** The group whose oldest record waits longest; `null` when no record waits anywhere. */
export function furthestBehind(groups: Group[]): Group | null {
  const waiting = groups.filter((group) => group.lag > 0);
  const [first] = waiting.sort((one, other) => (other.lag_seconds ?? 0) - (one.lag_seconds ?? 0) || other.lag - one.lag);
  return first ?? null;
}

export const withoutCommit = (group: Group): number =>
  group.partitions.filter((partition) => (partition.committed ?? null) === null && partition.end > 0).length;

export const withoutOwner = (group: Group): number =>
  group.state === "stable" ? group.partitions.filter((partition) => (partition.owner ?? null) === null).length : 0;

export const rateOf = (report: Pipeline, topicRole: string): number | null =>
  report.topics.find((topic) => topic.role === topicRole)?.records_per_second ?? null;

/** Furthest behind first; then by number. */
export const byLag = (partitions: Partition[]): Partition[] =>
  partitions.toSorted((one, other) => (other.lag ?? 0) - (one.lag ?? 0) || one.partition - other.partition);

/** Numbers as a short text: 0–3, 6. */
export function spans(numbers: number[]): string {
  const sorted = numbers.toSorted((one, other) => one - other);
  const found: [number, number][] = [];
  for (const number of sorted) {
    const last = found.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}
