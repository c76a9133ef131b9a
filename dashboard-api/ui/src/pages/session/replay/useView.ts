/** The part of the time axis in sight: whole until somebody zooms; it follows what is played. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Player } from "@/pages/session/replay/player";
import { around, isWhole, panned, showing, type View, whole, zoomed } from "@/pages/session/replay/timeAxis";

export interface ViewControl {
  view: View;
  isWhole: boolean;
  /** Zooms so that `at` stays in place; without it, the player's time. */
  zoom: (factor: number, at?: number) => void;
  pan: (by: number) => void;
  panTo: (from: number) => void;
  showWhole: () => void;
  showAround: (t: number) => void;
}

export function useView(player: Player, duration: number): ViewControl {
  // None: the whole session, however long it grows.
  const [near, setNear] = useState<View | null>(null);
  const view = useMemo(() => near ?? whole(duration), [near, duration]);

  const change = useCallback(
    (to: (view: View) => View) => {
      setNear((before) => {
        const next = to(before ?? whole(duration));
        return isWhole(next, duration) ? null : next;
      });
    },
    [duration],
  );

  useEffect(() => player.onTime(() => setNear((before) => (before === null ? null : showing(before, player.time, duration)))), [player, duration]);

  return {
    view,
    isWhole: near === null,
    zoom: (factor, at) => change((before) => zoomed(before, factor, at ?? player.time, duration)),
    pan: (by) => change((before) => panned(before, by, duration)),
    panTo: (from) => change((before) => panned(before, from - before.from, duration)),
    showWhole: () => setNear(null),
    // A short session is seen well enough as a whole.
    showAround: (t) => change((before) => (before.to - before.from <= SHORT_MS ? showing(before, t, duration) : around(t, duration, SHORT_MS))),
  };
}

const SHORT_MS = 20_000;
