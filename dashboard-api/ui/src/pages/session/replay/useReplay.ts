/** The player in React: its state, its time (as often as a reader can follow), its clock, and its keys. */
import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useState, useSyncExternalStore } from "react";
import type { Player, PlayerState } from "@/pages/session/replay/player";

export const usePlayerState = (player: Player): PlayerState => useSyncExternalStore(player.onState, () => player.state);

/** The time, rounded to `every` milliseconds: what shows it is drawn no more often. */
export const usePlayerTime = (player: Player, every: number): number =>
  useSyncExternalStore(player.onTime, () => Math.floor(player.time / every) * every);

/** Moves the player's time on while it plays. */
export function usePlayerClock(player: Player): void {
  const { playing } = usePlayerState(player);
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    const step = (now: number) => {
      player.tick(Math.max(0, now - before));
      before = now;
      frame = requestAnimationFrame(step);
    };
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [player, playing]);
}

const STEP_MS = 1000;
const FAR_STEP_MS = 10_000;
/** Elements with a use of their own for space and arrows. */
const OCCUPIED = 'a, button, input, select, textarea, summary, [contenteditable], [role="tab"], [role="radio"], [role="menu"], [role="dialog"]';

/** Space and arrows, while the focus is in the replay, or nowhere and the replay can be seen. */
export function usePlayerKeys(player: Player, region: RefObject<HTMLElement | null>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element) || target.closest(OCCUPIED) !== null) return;
    const within = region.current?.contains(target) === true;
    const nowhere = target === document.body || target.id === "main";
    if (!within && !(nowhere && isInSight(region.current))) return;
    if (!act(player, event)) return;
    event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}

function act(player: Player, event: KeyboardEvent): boolean {
  const step = event.shiftKey ? FAR_STEP_MS : STEP_MS;
  switch (event.key) {
    case " ":
      player.toggle();
      return true;
    case "ArrowLeft":
      player.step(-step);
      return true;
    case "ArrowRight":
      player.step(step);
      return true;
    default:
      return false;
  }
}

function isInSight(element: HTMLElement | null): boolean {
  if (element === null) return false;
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight * 0.75 && bottom > innerHeight * 0.25;
}

export interface Size {
  width: number;
  height: number;
}

/** The size of an element, as it changes. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observed = element.current;
    if (observed === null) return;
    const observer = new ResizeObserver(() => {
      setSize((before) => {
        const { clientWidth: width, clientHeight: height } = observed;
        return before.width === width && before.height === height ? before : { width, height };
      });
    });
    observer.observe(observed);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** A canvas ready to be drawn on in CSS pixels; `null` where there is none, as in tests. */
export function prepared(canvas: HTMLCanvasElement | null, { width, height }: Size): CanvasRenderingContext2D | null {
  const context = canvas?.getContext("2d") ?? null;
  if (canvas === null || context === null || width === 0 || height === 0) return null;
  const ratio = Math.min(3, devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
