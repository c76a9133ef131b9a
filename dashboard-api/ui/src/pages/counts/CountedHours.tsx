import { formatDateTime } from "@/lib/format";
import { counts as text } from "@/strings/counts";

/** Which hours the counts are of: a period grows to whole hours. */
export function CountedHours({ period }: { period: { from: string; to: string } }) {
  return <p className="text-xs text-muted">{text.countedHours(formatDateTime(period.from), formatDateTime(period.to))}</p>;
}
