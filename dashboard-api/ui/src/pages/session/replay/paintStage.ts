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

/** The way and the presses that lie behind, on a canvas of their own: playing on adds to it, only going back draws it anew. */
export class WayBehind {
  readonly #context: Context;
  readonly #ground: Ground;
  /** Point and press that are drawn next. */
  #point = 0;
  #press = 0;
  #until = -Infinity;

  constructor(context: Context, ground: Ground) {
    this.#context = context;
    this.#ground = ground;
  }

  drawTo(t: number): void {
    const { scene, fit, palette } = this.#ground;
    const context = this.#context;
    if (t < this.#until) {
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      [this.#point, this.#press] = [0, 0];
    }
    this.#until = t;
    const point = lastAt(scene.path.times, t);
    if (point > this.#point) {
      context.strokeStyle = palette.way;
      context.lineWidth = 1.5;
      context.lineJoin = "round";
      context.lineCap = "round";
      strokeWay(context, scene, fit, [this.#point, point]);
      this.#point = point;
    }
    for (let press = scene.presses[this.#press]; press !== undefined && press.t <= t; press = scene.presses[this.#press]) {
      disc(context, x(fit, press.x), y(fit, press.y), 3.5, palette.press);
      this.#press += 1;
    }
  }
}

/** How long a press can be seen to have just happened. */
const RIPPLE_MS = 450;

/** The moment: presses that have just happened, and the pointer. `scroll` is how far down the page was, 0 to 1. */
export function paintMoment(context: Context, { scene, fit, palette }: Ground, t: number, scroll: number | null): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.lineWidth = 1.5;
  for (const press of recent(scene.presses, t)) {
    const share = (t - press.t) / RIPPLE_MS;
    context.globalAlpha = 1 - share;
    ring(context, x(fit, press.x), y(fit, press.y), 4 + share * 16, palette.press);
  }
  context.globalAlpha = 1;
  if (scroll !== null) paintScroll(context, { scene, fit, palette }, scroll);
  const place = positionAt(scene.path, t);
  if (place === null) return;
  disc(context, x(fit, place.x), y(fit, place.y), 7, palette.page);
  disc(context, x(fit, place.x), y(fit, place.y), 5, palette.accent);
}

/** Presses of the last moments, found from the latest backwards. */
function recent(presses: readonly Press[], t: number): Press[] {
  let end = presses.length;
  for (let low = 0; low < end; ) {
    const middle = (low + end) >>> 1;
    if ((presses[middle]?.t ?? Infinity) <= t) low = middle + 1;
    else end = middle;
  }
  const found: Press[] = [];
  for (let index = end - 1; index >= 0; index -= 1) {
    const press = presses[index];
    if (press === undefined || t - press.t > RIPPLE_MS) break;
    found.push(press);
  }
  return found;
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
