import { type KeyboardEvent, type PointerEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { focusRingInset } from "@/components";
import { cx } from "@/lib/cx";
import { usePalette } from "@/pages/session/replay/palette";
import { AXIS_PX, heightOf, paintTracks, ROW_PX, rowAt } from "@/pages/session/replay/paintTracks";
import type { Player } from "@/pages/session/replay/player";
import { clockText, toTime, toX } from "@/pages/session/replay/timeAxis";
import { type Track, whatIsAt } from "@/pages/session/replay/tracks";
import { prepared, usePlayerState, usePlayerTime, useSize } from "@/pages/session/replay/useReplay";
import type { ViewControl } from "@/pages/session/replay/useView";
import { replay as text } from "@/strings/sessionReplay";

interface Properties {
  tracks: readonly Track[];
  player: Player;
  control: ViewControl;
}

/** How near a mark the pointer has to be, in px. */
const NEAR_PX = 5;

/** All that happened, on one axis of time with one cursor. */
export function Tracks({ tracks, player, control }: Properties) {
  return (
    <div className="grid grid-cols-[4.75rem_minmax(0,1fr)] sm:grid-cols-[6rem_minmax(0,1fr)]">
      <ul className="border-r text-xs text-muted" style={{ paddingTop: AXIS_PX }}>
        {tracks.map((track) => (
          <li key={track.key} className="flex items-center truncate pl-3 sm:pl-4" style={{ height: ROW_PX }}>
            {text.tracks[track.key]}
          </li>
        ))}
      </ul>
      <Axis tracks={tracks} player={player} control={control} />
    </div>
  );
}

interface Hover {
  x: number;
  t: number;
  what: string | null;
}

function Axis({ tracks, player, control }: Properties) {
  const { view, zoom, pan } = control;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const palette = usePalette();
  const [hover, setHover] = useState<Hover | null>(null);

  useEffect(() => {
    const context = prepared(canvas.current, size);
    if (context === null) return;
    paintTracks(context, { view, width: size.width, palette, font: `11px ${getComputedStyle(document.body).fontFamily}` }, tracks);
  }, [tracks, view, size, palette]);

  const onWheel = useEffectEvent((event: WheelEvent) => {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 300), toTime(view, size.width, event.offsetX));
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? event.deltaX : event.deltaY) && !control.isWhole) {
      event.preventDefault();
      pan((sideways / Math.max(1, size.width)) * (view.to - view.from));
    }
  });
  useEffect(() => {
    const element = box.current;
    const listener = (event: WheelEvent) => onWheel(event);
    // React listens passively, and then the page would scroll and zoom, too.
    element?.addEventListener("wheel", listener, { passive: false });
    return () => element?.removeEventListener("wheel", listener);
  }, []);

  const placeOf = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const scrub = (event: PointerEvent<HTMLDivElement>) => player.seek(toTime(view, size.width, placeOf(event).x));
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const { x, y } = placeOf(event);
    if (event.buttons === 1) scrub(event);
    const t = toTime(view, size.width, x);
    const near = (NEAR_PX / Math.max(1, size.width)) * (view.to - view.from);
    const track = tracks[rowAt(y)];
    setHover({ x, t, what: track === undefined ? null : whatIsAt(track, t, near) });
  };

  return (
    <Scrubber
      player={player}
      tracks={tracks}
      control={control}
      ref={box}
      height={heightOf(tracks)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        scrub(event);
      }}
      onPointerMove={point}
      onPointerLeave={() => setHover(null)}
    >
      <canvas ref={canvas} aria-hidden className="pointer-events-none absolute inset-0 size-full" />
      <Cursor player={player} control={control} width={size.width} />
      {hover === null ? null : <HoverLine hover={hover} width={size.width} />}
    </Scrubber>
  );
}

interface ScrubberProperties extends Properties {
  ref: React.Ref<HTMLDivElement>;
  height: number;
  children: React.ReactNode;
  onPointerDown: (event: PointerEvent<HTMLDivElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLDivElement>) => void;
  onPointerLeave: () => void;
}

/** The slider that the axis is to a keyboard and a screen reader. */
function Scrubber({ player, tracks, control, height, children, ...events }: ScrubberProperties) {
  const { duration } = usePlayerState(player);
  const now = usePlayerTime(player, 500);
  const page = tracks.find((track) => track.key === "pages");
  const said = [text.timeOf(clockText(now), clockText(duration)), page === undefined ? null : whatIsAt(page, now, 0)];
  const onKeyDown = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      Home: () => player.seek(0),
      End: () => player.seek(duration),
      "+": () => control.zoom(2),
      "=": () => control.zoom(2),
      "-": () => control.zoom(0.5),
      "0": control.showWhole,
      PageUp: () => player.step(-10_000),
      PageDown: () => player.step(10_000),
    };
    const action = event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={text.time}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration / 1000)}
      aria-valuenow={Math.round(now / 1000)}
      aria-valuetext={said.filter((part) => part !== null).join(", ")}
      onKeyDown={onKeyDown}
      className={cx("relative mr-3 cursor-crosshair touch-pan-y select-none", focusRingInset)}
      style={{ height }}
      {...events}
    >
      {children}
    </div>
  );
}

/** Moved by hand at every frame: React need not know. */
function Cursor({ player, control, width }: { player: Player; control: ViewControl; width: number }) {
  const line = useRef<HTMLDivElement>(null);
  const { view } = control;
  useEffect(() => {
    const place = () => {
      const element = line.current;
      if (element === null) return;
      const atX = toX(view, width, player.time);
      element.style.transform = `translateX(${atX}px)`;
      element.hidden = atX < 0 || atX > width;
    };
    place();
    return player.onTime(place);
  }, [player, view, width]);
  return (
    <div ref={line} aria-hidden className="pointer-events-none absolute inset-y-0 left-0">
      <div className="absolute -left-px h-full w-0.5 bg-accent" />
      <div className="absolute -left-1 size-2 rounded-full bg-accent" />
    </div>
  );
}

const BUBBLE_PX = 200;

function HoverLine({ hover, width }: { hover: Hover; width: number }) {
  const isRight = hover.x > width - BUBBLE_PX;
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-0 z-10" style={{ left: hover.x }}>
      <div className="h-full w-px bg-strong" />
      <div className={cx("absolute top-0 flex items-center gap-1.5 rounded-control bg-ink px-1.5 py-0.5 text-xs whitespace-nowrap text-canvas", isRight ? "right-1.5" : "left-1.5")}>
        <span className="tabular-nums">{clockText(hover.t, true)}</span>
        {hover.what === null ? null : <span>{hover.what}</span>}
      </div>
    </div>
  );
}
