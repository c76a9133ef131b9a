/** Draws the stage: what does not change with time, the way that lies behind, and the moment. */
import type { Press } from "@/pages/session/presence";
import { type Fit, isJoined, lastAt, positionAt } from "@/pages/session/replay/geometry";
import type { Heat } from "@/pages/session/replay/heat";
import type { Palette } from "@/pages/session/replay/palette";
import type { Scene } from "@/pages/session/replay/scene";

type Context = CanvasRenderingContext2D;

const x = (fit: Fit, value: number): number => value * fit.scale + fit.dx;
const y = (fit: Fit, value: number): number => value * fit.scale + fit.dy;

interface Ground {
  scene: Scene;
  fit: Fit;
  palette: Palette;
}

/** The page, targets and places, under everything. */
export function paintGround(context: Context, { scene, fit, palette }: Ground, heat: Heat | null, places: readonly { x: number; y: number }[]): void {
  const { page } = scene;
  const box = [x(fit, page.x), y(fit, page.y), page.width * fit.scale, page.height * fit.scale] as const;
  context.fillStyle = palette.page;
  context.fillRect(...box);
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(...box);
  if (heat !== null) paintHeat(context, { scene, fit, palette }, heat);
  paintTargets(context, scene.presses, fit, palette);
  if (heat === null) {
    context.strokeStyle = palette.faint;
    context.globalAlpha = 0.35;
    strokeWay(context, scene, fit, [0, scene.path.points.length - 1]);
    context.globalAlpha = 1;
  }
  for (const press of scene.presses) ring(context, x(fit, press.x), y(fit, press.y), 4, palette.faint);
  context.lineWidth = 2;
  for (const place of places) ring(context, x(fit, place.x), y(fit, place.y), 9, palette.reason);
}

function paintHeat(context: Context, { scene, fit, palette }: Ground, heat: Heat): void {
  // A picture of one pixel a cell, drawn large: the browser makes it smooth.
  const cells = document.createElement("canvas");
  [cells.width, cells.height] = [heat.columns, heat.rows];
  const small = cells.getContext("2d");
  if (small === null) return;
  small.fillStyle = palette.heat;
  for (const [index, value] of heat.cells.entries()) {
    if (value < 0.04) continue;
    small.globalAlpha = value * 0.8;
    small.fillRect(index % heat.columns, Math.floor(index / heat.columns), 1, 1);
  }
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(cells, x(fit, scene.page.x), y(fit, scene.page.y), scene.page.width * fit.scale, scene.page.height * fit.scale);
}

function paintTargets(context: Context, presses: readonly Press[], fit: Fit, palette: Palette): void {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  for (const { target } of presses) {
    if (target === null) continue;
    const [width, height] = [target.width * fit.scale, target.height * fit.scale];
    context.strokeRect(x(fit, target.x) - width / 2, y(fit, target.y) - height / 2, width, height);
  }
}

function strokeWay(context: Context, { path: { points } }: Scene, fit: Fit, [from, to]: readonly [number, number]): void {
  context.beginPath();
  for (let index = Math.max(0, from); index <= to; index += 1) {
    const [before, point] = [points[index - 1], points[index]];
    if (point === undefined) break;
    if (index === from || before === undefined || !isJoined(before, point)) context.moveTo(x(fit, point.x), y(fit, point.y));
    else context.lineTo(x(fit, point.x), y(fit, point.y));
  }
  context.stroke();
}

function ring(context: Context, atX: number, atY: number, radius: number, color: string): void {
  context.strokeStyle = color;
  context.beginPath();
  context.arc(atX, atY, radius, 0, 2 * Math.PI);
  context.stroke();
}

function disc(context: Context, atX: number, atY: number, radius: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.arc(atX, atY, radius, 0, 2 * Math.PI);
  context.fill();
}

/** The way behind the pointer, on a canvas of its own: playing on adds to it, only going back draws it anew. */
export class WayBehind {
  readonly #context: Context;
  readonly #ground: Ground;
  #drawn = 0;

  constructor(context: Context, ground: Ground) {
    this.#context = context;
    this.#ground = ground;
  }

  drawTo(t: number): void {
    const { scene, fit, palette } = this.#ground;
    const until = lastAt(scene.path.times, t);
    if (until < this.#drawn) {
      const { canvas } = this.#context;
      this.#context.clearRect(0, 0, canvas.width, canvas.height);
      this.#drawn = 0;
    }
    if (until <= this.#drawn) return;
    this.#context.strokeStyle = palette.way;
    this.#context.lineWidth = 1.5;
    this.#context.lineJoin = "round";
    this.#context.lineCap = "round";
    strokeWay(this.#context, scene, fit, [this.#drawn, until]);
    this.#drawn = until;
  }
}

/** How long a press can be seen to have just happened. */
const RIPPLE_MS = 450;

/** The moment: presses so far, and the pointer. `scroll` is how far down the page was, 0 to 1. */
export function paintMoment(context: Context, { scene, fit, palette }: Ground, t: number, scroll: number | null): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.lineWidth = 1.5;
  for (const press of scene.presses) {
    const since = t - press.t;
    if (since < 0) continue;
    const [atX, atY] = [x(fit, press.x), y(fit, press.y)];
    disc(context, atX, atY, 3.5, palette.press);
    if (since > RIPPLE_MS) continue;
    context.globalAlpha = 1 - since / RIPPLE_MS;
    ring(context, atX, atY, 4 + (since / RIPPLE_MS) * 16, palette.press);
    context.globalAlpha = 1;
  }
  if (scroll !== null) paintScroll(context, { scene, fit, palette }, scroll);
  const place = positionAt(scene.path, t);
  if (place === null) return;
  disc(context, x(fit, place.x), y(fit, place.y), 7, palette.page);
  disc(context, x(fit, place.x), y(fit, place.y), 5, palette.accent);
}

const THUMB_SHARE = 0.12;

function paintScroll(context: Context, { scene: { page }, fit, palette }: Ground, scroll: number): void {
  const [top, height] = [y(fit, page.y) + 4, page.height * fit.scale - 8];
  const left = x(fit, page.x + page.width) - 7;
  context.fillStyle = palette.grid;
  context.fillRect(left, top, 3, height);
  context.fillStyle = palette.strong;
  context.fillRect(left, top + scroll * height * (1 - THUMB_SHARE), 3, height * THUMB_SHARE);
}
