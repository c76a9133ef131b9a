/** What of this page can be shared by its address: `t` (seconds in the replay), `reason` (whose moments are shown), `heat`, `events` (filter). */
import { useCallback, useEffect, useEffectEvent } from "react";
import { useLocation, useSearchParams } from "react-router";
import { EVENT_FILTERS, type EventFilter } from "@/pages/session/eventText";
import type { Player } from "@/pages/session/replay/player";

const isFilter = (text: string | null): text is EventFilter => EVENT_FILTERS.some((filter) => filter === text);

/** Seconds with tenths, as milliseconds; `null` for what is none. */
export function parseSeconds(text: string | null): number | null {
  const seconds = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

export const secondsText = (milliseconds: number): string => String(Math.round(milliseconds / 100) / 10);

export function useAddress() {
  const [parameters, setParameters] = useSearchParams();
  const { state } = useLocation() as { state: unknown };
  const set = useCallback(
    (name: string, value: string | null) => {
      setParameters(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === null) next.delete(name);
          else next.set(name, value);
          return next;
        },
        // The list that the session came from stays known.
        { replace: true, preventScrollReset: true, state },
      );
    },
    [setParameters, state],
  );
  const filter = parameters.get("events");
  return {
    time: parseSeconds(parameters.get("t")),
    reason: parameters.get("reason"),
    heat: parameters.get("heat") === "1",
    filter: isFilter(filter) ? filter : ("notable" as EventFilter),
    setReason: (code: string | null) => set("reason", code),
    toggleHeat: () => set("heat", parameters.get("heat") === "1" ? null : "1"),
    setFilter: (next: EventFilter) => set("events", next === "notable" ? null : next),
    set,
  };
}

const SETTLE_MS = 400;

/** Keeps the replay's time in the address, once somebody has moved it and it rests. */
export function useTimeInAddress(player: Player, set: (name: string, value: string | null) => void): void {
  const write = useEffectEvent(() => set("t", player.time >= player.state.duration ? null : secondsText(player.time)));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const keep = () => {
      clearTimeout(timer);
      if (!player.state.playing) timer = setTimeout(() => write(), SETTLE_MS);
    };
    const stops = [player.onTime(keep), player.onState(keep)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [player]);
}
