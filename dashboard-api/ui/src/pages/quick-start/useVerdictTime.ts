import { useState } from "react";
import { useLiveMessages } from "@/live";
import type { Sent } from "@/pages/quick-start/sender";

/**
 * How long the verdict of a session that was sent here took, from the last acknowledgement to the feed's message; `null` as
 * long as there is none. A verdict that came before the acknowledgement took no time.
 */
export function useVerdictTime(sent: Sent | null): number | null {
  const [arrivals, setArrivals] = useState<ReadonlyMap<string, number>>(new Map());
  useLiveMessages(["session_updated", "analysis_complete"], (message) => {
    if (message.type === "snapshot" || message.verdict === undefined) return;
    const { session_id, revision } = message;
    if (revision.phase !== "final") return;
    const now = Date.now();
    setArrivals((before) => (before.has(session_id) ? before : new Map([...[...before].slice(-20), [session_id, now]])));
  });
  const arrived = sent === null ? undefined : arrivals.get(sent.session);
  return sent === null || arrived === undefined ? null : Math.max(0, arrived - sent.acknowledgedAt);
}
