import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef } from "react";
import { useLive } from "@/live/context";
import type { LiveMessage, LiveType } from "@/live/messages";
import { Refresher } from "@/live/refresher";

/** Calls `take` with every message of these types while mounted. A `snapshot` comes whatever is asked for. */
export function useLiveMessages<T extends LiveType>(
  types: readonly T[],
  take: (message: Extract<LiveMessage, { type: T | "snapshot" }>) => void,
): void {
  const { listeners } = useLive();
  const onMessage = useEffectEvent((message: LiveMessage) => {
    const wanted: readonly string[] = types;
    if (message.type === "snapshot" || wanted.includes(message.type)) {
      take(message as Extract<LiveMessage, { type: T | "snapshot" }>);
    }
  });
  useEffect(() => {
    const listener = (message: LiveMessage) => onMessage(message);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listeners]);
}

const POLL_MS = 5000;

interface RefreshOptions {
  types?: readonly LiveType[];
  /** Which messages are about what is shown; all, when absent. */
  concerns?: (message: LiveMessage) => boolean;
  enabled?: boolean;
}

/**
 * Reads queries again when something has happened: a quarter of a second after the first message, once more after the last
 * (the store lags behind the feed), about once a second between, and every five seconds without a live connection.
 */
export function useLiveRefresh(keys: readonly QueryKey[], options: RefreshOptions = {}): void {
  const { types = ["session_updated", "analysis_complete", "finding"], concerns, enabled = true } = options;
  const client = useQueryClient();
  const { state } = useLive();
  const refresher = useRef<Refresher>(undefined);

  const look = useEffectEvent(() => {
    for (const key of keys) void client.invalidateQueries({ queryKey: key });
  });

  useEffect(() => {
    const made = new Refresher(() => look());
    refresher.current = made;
    return () => made.stop();
  }, []);

  useLiveMessages(types, (message) => {
    if (enabled && (message.type === "snapshot" || concerns?.(message) !== false)) refresher.current?.note();
  });

  useEffect(() => {
    if (state !== "polling" || !enabled) return;
    const poll = setInterval(() => look(), POLL_MS);
    return () => clearInterval(poll);
  }, [state, enabled]);
}
