import { expect, it } from "vitest";
import type { LoggedEvent } from "@/pages/session/eventLog";
import { placesOf, sceneOf } from "@/pages/session/replay/scene";

const at = (t: number, type: string, data: Record<string, unknown> = {}): LoggedEvent => ({ t, type, data });
const pointer = { points: [{ t: 0, x: 0, y: 0, type: "mouse_move" }, { t: 100, x: 100, y: 50, type: "mouse_move" }], positions: 2, complete: true };

it("joins the server's points with the newest of the log", () => {
  const scene = sceneOf(pointer, [at(50, "mouse_move", { x: 1, y: 1 }), at(200, "mouse_move", { x: 300, y: 90 })])!;
  expect(scene.path.points.map(({ t }) => t)).toEqual([0, 100, 200]);
  expect(scene.isPageKnown).toBe(false);
  expect(placesOf(scene, [50])).toEqual([{ x: 50, y: 25 }]);
});

it("is as large as the page that the browser told", () => {
  const scene = sceneOf(pointer, [at(0, "device", { viewport_width: 1280, viewport_height: 720 })])!;
  expect(scene.page).toEqual({ x: 0, y: 0, width: 1280, height: 720 });
});

it("is nothing without a place", () => {
  expect(sceneOf({ points: [], positions: 0, complete: true }, [at(0, "keystroke")])).toBeNull();
  expect(sceneOf(undefined, [])).toBeNull();
});
