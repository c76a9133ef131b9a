import { useEffect, useMemo, useRef } from "react";
import { formatCount } from "@/lib/format";
import { fit, lastAt } from "@/pages/session/replay/geometry";
import { heatOf } from "@/pages/session/replay/heat";
import { paintGround, paintMoment, WayBehind } from "@/pages/session/replay/paintStage";
import { usePalette } from "@/pages/session/replay/palette";
import type { Player } from "@/pages/session/replay/player";
import { placesOf, type Scene } from "@/pages/session/replay/scene";
import type { Track } from "@/pages/session/replay/tracks";
import { prepared, useSize } from "@/pages/session/replay/useReplay";
import { replay as text } from "@/strings/sessionReplay";

interface Properties {
  scene: Scene;
  player: Player;
  scroll: Extract<Track, { kind: "line" }> | undefined;
  withHeat: boolean;
  /** Times of the moments to point out. */
  moments: readonly number[];
}

const layer = "absolute inset-0 size-full";

/** The page with the pointer on it. Three canvases: what never moves, the way so far, and the moment. */
export function Stage({ scene, player, scroll, withHeat, moments }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const ground = useRef<HTMLCanvasElement>(null);
  const way = useRef<HTMLCanvasElement>(null);
  const moment = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const palette = usePalette();
  const heat = useMemo(() => (withHeat ? heatOf(scene.path.points, scene.page) : null), [withHeat, scene]);
  const drawn = useMemo(() => ({ scene, palette, fit: fit(scene.page, size) }), [scene, palette, size]);

  useEffect(() => {
    const context = prepared(ground.current, size);
    if (context !== null) paintGround(context, drawn, heat, placesOf(drawn.scene, moments));
  }, [drawn, heat, moments, size]);

  useEffect(() => {
    const [wayContext, momentContext] = [prepared(way.current, size), prepared(moment.current, size)];
    if (wayContext === null || momentContext === null) return;
    const behind = new WayBehind(wayContext, drawn);
    const draw = () => {
      behind.drawTo(player.time);
      paintMoment(momentContext, drawn, player.time, scrolledAt(scroll, player.time));
    };
    draw();
    return player.onTime(draw);
  }, [drawn, size, player, scroll]);

  const { width, height } = scene.page;
  const pageSize = text.pageSize(formatCount(Math.round(width)), formatCount(Math.round(height)));
  return (
    <div
      ref={box}
      role="img"
      aria-label={text.stage(pageSize, formatCount(scene.path.points.length))}
      className="relative max-h-[min(60vh,36rem)] min-h-56 w-full overflow-hidden bg-sunken"
      style={{ aspectRatio: `${width} / ${height}` }}
    >
      <canvas ref={ground} aria-hidden className={layer} />
      <canvas ref={way} aria-hidden className={layer} />
      <canvas ref={moment} aria-hidden className={layer} />
    </div>
  );
}

function scrolledAt(scroll: Properties["scroll"], t: number): number | null {
  if (scroll === undefined) return null;
  return (scroll.values[lastAt(scroll.times, t)] ?? 0) / scroll.most;
}
