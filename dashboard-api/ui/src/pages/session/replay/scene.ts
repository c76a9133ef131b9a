/** What the stage shows, made of the pointer's way and the events. */
import type { Schemas } from "@/api/client";
import { type LoggedEvent, numberOf, timed } from "@/pages/session/eventLog";
import { type Press, pressesOf } from "@/pages/session/presence";
import { type Box, pageBox, type Path, pathOf, type Point, positionAt } from "@/pages/session/replay/geometry";
import { viewportOf } from "@/pages/session/replay/tracks";

export interface Scene {
  page: Box;
  /** Whether the browser told the size of its page. */
  isPageKnown: boolean;
  path: Path;
  presses: readonly Press[];
}

const POSITIONS = new Set(["mouse_move", "click", "touch", "pointer"]);

/** The server's points, and what the log holds behind them: a running session's newest. */
function joined(points: readonly Point[], log: readonly LoggedEvent[]): Point[] {
  const last = points.reduce((most, { t }) => Math.max(most, t), -Infinity);
  const newer = timed(log).flatMap((event) => {
    const [x, y] = [numberOf(event, "x"), numberOf(event, "y")];
    if (event.t <= last || !POSITIONS.has(event.type) || x === undefined || y === undefined) return [];
    return [{ t: event.t, x, y, type: event.type }];
  });
  return [...points, ...newer];
}

/** `null` when nothing has a place. */
export function sceneOf(pointer: Schemas["PointerPath"] | undefined, log: readonly LoggedEvent[]): Scene | null {
  const points = joined(pointer?.points ?? [], log);
  const presses = pressesOf(log).sort((one, other) => one.t - other.t);
  if (points.length + presses.length === 0) return null;
  const viewport = viewportOf(log);
  const page = pageBox(points, presses, viewport);
  return page === null ? null : { page, isPageKnown: viewport !== null, path: pathOf(points), presses };
}

/** Where the moments of a reason are on the page. */
export const placesOf = (scene: Scene, moments: readonly number[]): { x: number; y: number }[] =>
  moments.flatMap((t) => positionAt(scene.path, t) ?? []);
