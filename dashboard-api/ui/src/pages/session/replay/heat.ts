/** Where a pointer spent its time, as a grid of cells. */
import type { Box, Point } from "@/pages/session/replay/geometry";

export interface Heat {
  columns: number;
  rows: number;
  /** Row by row, 0 to 1. */
  cells: Float32Array;
}

/** Of a longer rest no more counts, or one coffee break would outshine everything. */
const LONGEST_REST_MS = 1500;
const STEPS_PX = 12;
/** Neighbours share the heat, so that the picture is of places and not of cells. */
const SPREAD = 2;

export function heatOf(points: readonly Point[], page: Box, columns = 96): Heat {
  const rows = Math.max(1, Math.round((columns * page.height) / page.width));
  const cells = new Float32Array(columns * rows);
  const add = (x: number, y: number, milliseconds: number) => {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((x - page.x) / page.width) * columns)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(((y - page.y) / page.height) * rows)));
    const index = row * columns + column;
    cells[index] = (cells[index] ?? 0) + milliseconds;
  };
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (next === undefined) break;
    const time = Math.min(LONGEST_REST_MS, Math.max(0, next.t - point.t));
    const steps = Math.max(1, Math.ceil(Math.hypot(next.x - point.x, next.y - point.y) / STEPS_PX));
    for (let step = 0; step < steps; step += 1) {
      const share = step / steps;
      add(point.x + (next.x - point.x) * share, point.y + (next.y - point.y) * share, time / steps);
    }
  }
  return { columns, rows, cells: scaled(blurred(blurred(cells, columns, rows, 1), columns, rows, columns)) };
}

/** A triangular blur along one direction: `stride` 1 along rows, `columns` along columns. */
function blurred(cells: Float32Array, columns: number, rows: number, stride: number): Float32Array {
  const out = new Float32Array(cells.length);
  const along = stride === 1 ? columns : rows;
  for (let index = 0; index < cells.length; index += 1) {
    const place = stride === 1 ? index % columns : Math.floor(index / columns);
    let sum = 0;
    for (let offset = -SPREAD; offset <= SPREAD; offset += 1) {
      if (place + offset < 0 || place + offset >= along) continue;
      sum += (cells[index + offset * stride] ?? 0) * (SPREAD + 1 - Math.abs(offset));
    }
    out[index] = sum;
  }
  return out;
}

/** 0 to 1, by the square root: the second hottest place is still to be seen. */
function scaled(cells: Float32Array): Float32Array {
  const most = cells.reduce((so, cell) => Math.max(so, cell), 0);
  return most === 0 ? cells : cells.map((cell) => Math.sqrt(cell / most));
}
