import { formatDuration } from "@/lib/format";
import { components as text } from "@/strings/components";

export function Duration({ ms }: { ms: number | null }) {
  if (ms === null) return <span className="text-muted">{text.noValue}</span>;
  return <span className="whitespace-nowrap tabular-nums">{formatDuration(ms)}</span>;
}
