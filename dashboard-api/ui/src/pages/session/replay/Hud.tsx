import { lastAt } from "@/pages/session/replay/geometry";
import type { Player } from "@/pages/session/replay/player";
import { type Track, type TrackKey, whatIsAt } from "@/pages/session/replay/tracks";
import { usePlayerTime } from "@/pages/session/replay/useReplay";
import { replay as text } from "@/strings/sessionReplay";

const SHOWN: readonly TrackKey[] = ["pages", "presence", "scroll", "inserted", "keys"];
/** How long something that took no time is said. */
const LINGER_MS = 600;

/** A page that was not scrolled needs no words. */
const isAtTop = (track: Track, t: number): boolean => track.kind === "line" && (track.values[lastAt(track.times, t)] ?? 0) === 0;

/** What there is at the replay's time, in words. */
export function Hud({ player, tracks }: { player: Player; tracks: readonly Track[] }) {
  const now = usePlayerTime(player, 200);
  const said = SHOWN.flatMap((key) => {
    const track = tracks.find((each) => each.key === key);
    return track === undefined || isAtTop(track, now) ? [] : (whatIsAt(track, now, LINGER_MS) ?? []);
  });
  return (
    <p className="truncate border-t px-4 py-1.5 text-xs text-muted tabular-nums">{said.length === 0 ? text.hudNothing : said.join(" · ")}</p>
  );
}
