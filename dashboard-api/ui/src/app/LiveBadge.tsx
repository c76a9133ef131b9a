import { Dot, Tooltip } from "@/components";
import { type LiveState, useLive } from "@/live";
import { shell } from "@/strings/common";

const WORDS: Record<LiveState, { label: string; hint: string; tone: "good" | "warn" | "bad" | "neutral" }> = {
  live: { label: shell.liveOn, hint: shell.liveOnHint, tone: "good" },
  polling: { label: shell.livePolling, hint: shell.livePollingHint, tone: "warn" },
  connecting: { label: shell.liveConnecting, hint: shell.liveConnectingHint, tone: "neutral" },
  offline: { label: shell.liveOff, hint: shell.liveOffHint, tone: "bad" },
};

/** Says how current the pages are. */
export function LiveBadge() {
  const { label, hint, tone } = WORDS[useLive().state];
  return (
    <Tooltip text={hint}>
      <button type="button" className="min-h-6 rounded-control px-1.5 py-1 text-xs text-muted">
        <Dot tone={tone} label={label} />
      </button>
    </Tooltip>
  );
}
