import { createContext, useContext } from "react";
import type { LiveState } from "@/live/connection";
import type { LiveMessage, LiveStats } from "@/live/messages";

export type Listener = (message: LiveMessage) => void;

export interface Live {
  state: LiveState;
  listeners: Set<Listener>;
}

export const LiveContext = createContext<Live>({ state: "connecting", listeners: new Set() });

/** Apart from the rest: it changes every second, and few read it. */
export const LiveStatsContext = createContext<LiveStats | null>(null);

/** How the live connection stands. */
export const useLive = (): Live => useContext(LiveContext);

/** The newest `stats`; `null` before the first. */
export const useLiveStats = (): LiveStats | null => useContext(LiveStatsContext);
