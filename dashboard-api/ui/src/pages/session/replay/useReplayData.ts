/** Everything that the replay draws, out of three answers that come at different times. */
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { EMPTY_LOG, type LoggedEvent } from "@/pages/session/eventLog";
import { usePointer, useReadOn, useSessionEvents, useTyping } from "@/pages/session/queries";
import { Player } from "@/pages/session/replay/player";
import { type Scene, sceneOf } from "@/pages/session/replay/scene";
import { activityTimes, type Track, tracksOf } from "@/pages/session/replay/tracks";

/** A reason whose moments are pointed out. */
export interface ShownReason {
  code: string;
  text: string;
  moments: readonly number[];
  stop: () => void;
}

export interface ReplayData {
  player: Player;
  events: readonly LoggedEvent[];
  /** Milliseconds since 1970 at the beginning, by the client's clock. */
  start: number | null;
  duration: number;
  scene: Scene | null;
  tracks: readonly Track[];
  /** Whether anything has been read. */
  isReady: boolean;
  /** Nothing is stored, for certain. */
  isEmpty: boolean;
  /** Keys were pressed, or it is not known yet whether they were. */
  hasKeys: boolean;
  pointer: UseQueryResult<Schemas["PointerPath"]>;
  typing: UseQueryResult<Schemas["TypingRhythm"]>;
  log: {
    read: number;
    expected: number;
    isComplete: boolean;
    canReadOn: boolean;
    readOn: () => void;
    error: Error | null;
    retry: () => void;
  };
}

interface Options {
  id: string;
  isRunning: boolean;
  /** Events that the session has, as far as its verdicts know. */
  expected: number;
  /** Where to begin; at the end without it. */
  beginAt: number | null;
}

export function useReplayData({ id, isRunning, expected, beginAt }: Options): ReplayData {
  const [player] = useState(() => new Player());
  const events = useSessionEvents(id);
  const readOn = useReadOn(id);
  const pointer = usePointer(id, isRunning);
  const typing = useTyping(id, isRunning);
  const log = events.data ?? EMPTY_LOG;

  const times = useMemo(() => activityTimes(log.events), [log]);
  const duration = Math.max(times.at(-1) ?? 0, pointer.data?.points.at(-1)?.t ?? 0, typing.data?.keys.at(-1)?.t ?? 0);
  const scene = useMemo(() => sceneOf(pointer.data, log.events), [pointer.data, log]);
  const tracks = useMemo(() => tracksOf(log.events, typing.data?.keys ?? [], duration), [log, typing.data, duration]);
  useLoaded(player, { duration, times, beginAt });

  return {
    player,
    events: log.events,
    start: log.start,
    duration,
    scene,
    tracks,
    isReady: events.data !== undefined,
    isEmpty: log.complete && log.events.length === 0,
    hasKeys: typing.data === undefined || typing.data.pressed > 0,
    pointer,
    typing,
    log: {
      read: log.events.length,
      expected: Math.max(expected, log.events.length),
      isComplete: log.complete,
      canReadOn: events.data !== undefined && !events.isFetching && !readOn.isPending,
      readOn: () => readOn.mutate(),
      error: readOn.error ?? (events.isError ? events.error : null),
      retry: () => {
        readOn.reset();
        void events.refetch();
      },
    },
  };
}

/** Gives the player what there is; it stands at the end, or where the address says once that has been read. */
function useLoaded(player: Player, { duration, times, beginAt }: { duration: number; times: readonly number[]; beginAt: number | null }): void {
  const wanted = useRef(beginAt);
  useEffect(() => {
    player.load({ duration, times, follow: wanted.current === null });
    if (wanted.current === null || duration === 0) return;
    player.seek(wanted.current);
    if (duration >= wanted.current) wanted.current = null;
  }, [player, duration, times]);
}
