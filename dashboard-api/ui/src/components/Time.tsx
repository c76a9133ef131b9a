import { formatClock, formatDateTime, formatRelative } from "@/lib/format";
import { components as text } from "@/strings/components";
import { useNow } from "./clock";

export interface TimeProps {
  /** ISO 8601 or milliseconds. */
  at: string | number | null;
  mode?: "relative" | "absolute" | "clock" | undefined;
}

export function Time({ at, mode = "relative" }: TimeProps) {
  const date = at === null ? null : new Date(at);
  if (date === null || Number.isNaN(date.getTime())) return <span className="text-muted">{text.noValue}</span>;
  return (
    <time dateTime={date.toISOString()} title={formatDateTime(date)} className="whitespace-nowrap tabular-nums">
      {mode === "relative" ? <Ago at={date.getTime()} /> : mode === "clock" ? formatClock(date) : formatDateTime(date)}
    </time>
  );
}

const MINUTE_MS = 60_000;

/** Ticks by seconds in the first minute only. */
function Ago({ at }: { at: number }) {
  const now = useNow("minute");
  return now - at < MINUTE_MS ? <AgoBySeconds at={at} /> : formatRelative(at, now);
}

function AgoBySeconds({ at }: { at: number }) {
  const now = useNow("second");
  // Clocks of server and browser differ a little: what just happened is never in the future.
  return formatRelative(Math.min(at, now), now);
}
