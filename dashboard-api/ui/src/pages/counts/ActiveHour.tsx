import { Time, useNow } from "@/components";
import { counts as text } from "@/strings/counts";

const HOUR_MS = 3_600_000;

/** When a survey was last active. The API knows the hour alone, so "7 minutes ago" would say more than is known. */
export function ActiveHour({ at }: { at: string }) {
  const now = useNow("minute");
  return now - Date.parse(at) < HOUR_MS ? <span className="whitespace-nowrap">{text.thisHour}</span> : <Time at={at} />;
}
