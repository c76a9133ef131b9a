import { createContext, useContext } from "react";
import type { LiveState } from "@/live/connection";
import type { LiveMessage, LiveStats } from "@/live/messages";

export type Listener = (message: LiveMessage) => void;

export interface Live {
  state: LiveState;
  /** The newest `stats`; `null` before the first. */
  stats: LiveStats | null;
  listeners: Set<Listener>;
}

export const LiveContext = createContext<Live>({ state: "connecting", stats: null, listeners: new Set() });

/** How the live connection stands, and its newest figures. */
export const useLive = (): Live => useContext(LiveContext);
