/** Draws the rows of the time axis: only what is in sight, and of what is dense one mark a pixel. */
import { lastAt } from "@/pages/session/replay/geometry";
import type { Palette } from "@/pages/session/replay/palette";
import { clockText, ticks, toX, type View } from "@/pages/session/replay/timeAxis";
import type { NamedSpan, Track } from "@/pages/session/replay/tracks";

type Context = CanvasRenderingContext2D;

export const AXIS_PX = 22;
export const ROW_PX = 28;

export interface Paper {
  view: View;
  width: number;
  palette: Palette;
  font: string;
}

export const heightOf = (tracks: readonly Track[]): number => AXIS_PX + tracks.length * ROW_PX;

/** Which row is at a height; -1 on the axis. */
export const rowAt = (y: number): number => Math.floor((y - AXIS_PX) / ROW_PX);

export function paintTracks(context: Context, paper: Paper, tracks: readonly Track[]): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.font = paper.font;
  context.textBaseline = "middle";
  paintAxis(context, paper, heightOf(tracks));
  for (const [index, track] of tracks.entries()) {
    const top = AXIS_PX + index * ROW_PX;
    context.fillStyle = paper.palette.grid;
    context.fillRect(0, top, paper.width, 1);
    paintTrack(context, paper, track, top);
  }
}

function paintAxis(context: Context, { view, width, palette }: Paper, height: number): void {
  const marks = ticks(view, width);
  const isFine = (marks[1] ?? 0) - (marks[0] ?? 0) < 1000;
  for (const t of marks) {
    const atX = Math.round(toX(view, width, t));
    context.fillStyle = palette.grid;
    context.fillRect(atX, AXIS_PX - 5, 1, height);
    context.fillStyle = palette.muted;
    const label = clockText(t, isFine);
    const room = context.measureText(label).width;
    context.fillText(label, Math.min(width - room - 2, Math.max(2, atX - room / 2)), AXIS_PX / 2 - 1);
  }
}

function paintTrack(context: Context, paper: Paper, track: Track, top: number): void {
  switch (track.kind) {
    case "spans":
      paintSpans(context, paper, track, top);
      break;
    case "pointer":
      paintMoves(context, paper, track.moves, top);
      for (const press of track.presses) paintMark(context, paper, { t: press.t, color: paper.palette.press, top, round: true });
      break;
    case "line":
      paintLine(context, paper, track, top);
      break;
    case "keys":
      for (const key of track.keys) paintMark(context, paper, { t: key.t, until: key.t + key.held, color: paper.palette.keys[key.group], top });
      break;
    case "marks": {
      const color = track.key === "reason" ? paper.palette.reason : paper.palette.inserted;
      for (const mark of track.marks) paintMark(context, paper, { t: mark.t, color, top, round: true });
    }
  }
}

function paintSpans(context: Context, { view, width, palette }: Paper, track: Track & { kind: "spans" }, top: number): void {
  for (const [index, span] of track.spans.entries()) {
    const [from, to] = ends(span, view, width);
    if (to < 0 || from > width) continue;
    const color = track.key === "presence" ? palette.away : (palette.pages[index % 2] ?? palette.pages[0]);
    context.fillStyle = color;
    context.globalAlpha = track.key === "presence" ? 0.45 : 0.22;
    context.fillRect(from, top + 4, Math.max(2, to - from - 1), ROW_PX - 7);
    context.globalAlpha = 1;
    if (track.key === "pages") paintLabel(context, span, [Math.max(0, from), Math.min(width, to)], { top, color: palette.ink });
  }
}

/** The whole name where it fits, else the short one, else none. */
function paintLabel(context: Context, { label, short }: NamedSpan, [from, to]: [number, number], { top, color }: { top: number; color: string }): void {
  const room = to - from - 10;
  const shown = [label, short].find((name) => name !== undefined && context.measureText(name).width <= room);
  if (shown === undefined) return;
  context.fillStyle = color;
  context.fillText(shown, from + 5, top + ROW_PX / 2 + 0.5);
}

function ends(span: NamedSpan, view: View, width: number): [number, number] {
  return [toX(view, width, span.from), toX(view, width, span.to)];
}

/** How much the pointer moved, pixel by pixel of the axis. */
function paintMoves(context: Context, { view, width, palette }: Paper, moves: Float64Array, top: number): void {
  const counts = new Uint16Array(Math.max(1, Math.ceil(width)));
  let most = 1;
  for (let index = lastAt(moves, view.from - 1) + 1; index < moves.length; index += 1) {
    const t = moves[index] ?? Infinity;
    if (t > view.to) break;
    const pixel = Math.min(counts.length - 1, Math.max(0, Math.floor(toX(view, width, t))));
    const count = (counts[pixel] ?? 0) + 1;
    counts[pixel] = count;
    most = Math.max(most, count);
  }
  context.fillStyle = palette.way;
  context.globalAlpha = 0.7;
  for (const [pixel, count] of counts.entries()) {
    if (count === 0) continue;
    const height = 3 + (count / most) * (ROW_PX - 13);
    context.fillRect(pixel, top + ROW_PX - 4 - height, 1, height);
  }
  context.globalAlpha = 1;
}

function paintLine(context: Context, { view, width, palette }: Paper, track: Track & { kind: "line" }, top: number): void {
  const low = top + ROW_PX - 4;
  const toY = (value: number) => low - (value / track.most) * (ROW_PX - 9);
  const first = Math.max(0, lastAt(track.times, view.from));
  context.strokeStyle = palette.scroll;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(0, toY(track.values[lastAt(track.times, view.from)] ?? 0));
  for (let index = first; index < track.times.length; index += 1) {
    const t = track.times[index] ?? Infinity;
    if (t > view.to) break;
    if (t < view.from) continue;
    const atX = toX(view, width, t);
    // Scrolling holds its place until the next step.
    context.lineTo(atX, toY(track.values[index - 1] ?? 0));
    context.lineTo(atX, toY(track.values[index] ?? 0));
  }
  context.lineTo(width, toY(track.values[lastAt(track.times, view.to)] ?? 0));
  context.stroke();
}

interface MarkShape {
  t: number;
  until?: number;
  color: string;
  top: number;
  round?: boolean;
}

function paintMark(context: Context, { view, width }: Paper, { t, until = t, color, top, round = false }: MarkShape): void {
  if (until < view.from || t > view.to) return;
  const atX = toX(view, width, t);
  context.fillStyle = color;
  if (round) {
    context.beginPath();
    context.arc(atX, top + 9, 3.5, 0, 2 * Math.PI);
    context.fill();
    context.fillRect(atX - 0.5, top + 9, 1, ROW_PX - 12);
  } else {
    context.globalAlpha = 0.85;
    context.fillRect(atX, top + 6, Math.max(1.5, toX(view, width, until) - atX), ROW_PX - 10);
    context.globalAlpha = 1;
  }
}
