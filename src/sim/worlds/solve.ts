import type { Rng } from "../../base/index.ts";
import { OCCUPIED, type OccupancyGrid } from "../grid.ts";
import { type Point, pick, type WorldLayout } from "./layout.ts";

/** Extra room to turn around the start and the goal. [m] */
const ROOM = 0.15;
/** Start and goal are moved at most this far from where the layout wants them. [m] */
const MAX_MOVE = 0.6;
/** Legal lengths of the way. [m] */
const MIN_WAY = 8;
const MAX_WAY = 25;
/** The start looks at a point of the way this far ahead. [m] */
const LOOK_AHEAD = 1;
/** Costs of a straight and of a diagonal step, 5 to a cell side (chamfer distance, within 2%). */
const STRAIGHT = 5;
const DIAGONAL = 7;

/** Start, heading and goal of a layout that a disc can solve. */
export type Solution = { readonly start: Point; readonly yaw: number; readonly goal: Point };

/**
 * Marks the cells where a disc can stand: those whose centre is at least `radius` from every point
 * of every occupied cell, and from the border of the grid. Exact up to rounding.
 *
 * @returns (height, width) 1 where the disc can stand, else 0
 */
function standable(grid: OccupancyGrid, radius: number): Uint8Array {
  const { width, height, resolution, cells } = grid;
  const reach = Math.ceil(radius / resolution);
  const half = stampHalfWidths(radius / resolution, reach);
  const mask = new Uint8Array(width * height).fill(1);
  for (let j = -1; j <= height; j++) {
    for (let i = -1; i <= width; i++) {
      if (!occupied(cells, width, height, i, j) || isEnclosed(cells, width, height, i, j)) continue;
      for (let b = -reach; b <= reach; b++) {
        const row = j + b;
        if (row < 0 || row >= height) continue;
        const w = half[b + reach];
        mask.fill(0, row * width + clampColumn(i - w, width), row * width + clampColumn(i + w + 1, width));
      }
    }
  }
  return mask;
}

/** Cells per row, left and right of a cell, whose centre is nearer than `radius` [cells] to it. */
function stampHalfWidths(radius: number, reach: number): Int32Array {
  const half = new Int32Array(2 * reach + 1);
  for (let b = -reach; b <= reach; b++) {
    const dy = Math.max(0, Math.abs(b) - 0.5);
    let w = 0;
    while (Math.hypot(w + 0.5, dy) < radius - 1e-9) w++;
    half[b + reach] = dy < radius ? w : -1;
  }
  return half;
}

function clampColumn(i: number, width: number): number {
  return Math.max(0, Math.min(width, i));
}

function occupied(cells: Int8Array, width: number, height: number, i: number, j: number): boolean {
  return i < 0 || j < 0 || i >= width || j >= height || cells[j * width + i] >= OCCUPIED;
}

/** An occupied cell between four occupied ones is never the nearest to a free cell. */
function isEnclosed(cells: Int8Array, width: number, height: number, i: number, j: number): boolean {
  return (
    occupied(cells, width, height, i - 1, j) &&
    occupied(cells, width, height, i + 1, j) &&
    occupied(cells, width, height, i, j - 1) &&
    occupied(cells, width, height, i, j + 1)
  );
}

/**
 * Length of the shortest way of a disc from every cell to a source, in steps of 4 neighbours and of
 * diagonals between two free ones: what it reaches, it reaches in straight steps too.
 *
 * @param mask (height, width) from {@link standable}
 * @returns (height, width) chamfer distance, 5 to a cell side; -1 where there is no way
 */
export function wayLengths(mask: Uint8Array, width: number, height: number, source: number): Int32Array {
  const length = new Int32Array(width * height).fill(-1);
  // Dial's queue: no step is longer than DIAGONAL, so DIAGONAL + 1 buckets take turns.
  const buckets: number[][] = Array.from({ length: DIAGONAL + 1 }, () => []);
  const settled = new Uint8Array(width * height);
  buckets[0].push(source);
  length[source] = 0;
  for (let now = 0, waiting = 1; waiting > 0; now++) {
    const bucket = buckets[now % buckets.length];
    for (let n = 0; n < bucket.length; n++) {
      const c = bucket[n];
      waiting--;
      if (settled[c] === 1) continue;
      settled[c] = 1;
      const i = c % width;
      for (let b = -1; b <= 1; b++) {
        for (let a = -1; a <= 1; a++) {
          const to = c + b * width + a;
          if (i + a < 0 || i + a >= width || to < 0 || to >= mask.length || mask[to] === 0) continue;
          const diagonal = a !== 0 && b !== 0;
          if (diagonal && (mask[c + a] === 0 || mask[c + b * width] === 0)) continue;
          const via = now + (diagonal ? DIAGONAL : STRAIGHT);
          if (settled[to] === 1 || (length[to] >= 0 && length[to] <= via)) continue;
          length[to] = via;
          buckets[via % buckets.length].push(to);
          waiting++;
        }
      }
    }
    bucket.length = 0;
  }
  return length;
}

/**
 * Picks a start and a goal of a layout with a way of 8 to 25 m between them for a disc of radius
 * `clearance`, with a little more room at both ends. Of two goals the further one is taken.
 *
 * @returns undefined if this start has no such goal
 */
export function solveLayout(layout: WorldLayout, clearance: number, rng: Rng): Solution | undefined {
  const { grid, starts, goals } = layout;
  const { width, height, resolution } = grid;
  const roomy = standable(grid, clearance + ROOM);
  const start = nearestMarked(grid, roomy, pick(rng, starts));
  if (start < 0) return undefined;
  const mask = standable(grid, clearance);
  const fromStart = wayLengths(mask, width, height, start);
  const perMetre = STRAIGHT / resolution;
  const reached: number[] = [];
  for (const at of goals) {
    const goal = nearestMarked(grid, roomy, at);
    if (goal < 0) continue;
    const way = fromStart[goal];
    if (way >= MIN_WAY * perMetre && way <= MAX_WAY * perMetre) reached.push(goal);
  }
  if (reached.length === 0) return undefined;
  const [a, b] = [pick(rng, reached), pick(rng, reached)];
  const goal = fromStart[a] >= fromStart[b] ? a : b;
  const toGoal = wayLengths(mask, width, height, goal);
  const ahead = walkDown(toGoal, width, start, Math.round(LOOK_AHEAD / resolution));
  const yaw = Math.atan2(
    Math.floor(ahead / width) - Math.floor(start / width),
    (ahead % width) - (start % width),
  );
  return { start: center(grid, start), yaw, goal: center(grid, goal) };
}

/** The marked cell nearest to a point, -1 if none is within reach. */
function nearestMarked(grid: OccupancyGrid, mask: Uint8Array, at: Point): number {
  const { width, height, resolution } = grid;
  const [i, j] = [Math.floor(at.x / resolution), Math.floor(at.y / resolution)];
  return nearestCell(mask, width, height, i, j, Math.ceil(MAX_MOVE / resolution));
}

/** The marked cell nearest to cell (i, j), which may lie outside; -1 if none is within reach. [cells] */
export function nearestCell(
  mask: Uint8Array,
  width: number,
  height: number,
  i: number,
  j: number,
  reach: number,
): number {
  let best = -1;
  let bestSquared = reach * reach + 1;
  for (let b = Math.max(0, j - reach); b <= Math.min(height - 1, j + reach); b++) {
    for (let a = Math.max(0, i - reach); a <= Math.min(width - 1, i + reach); a++) {
      const squared = (a - i) * (a - i) + (b - j) * (b - j);
      if (squared >= bestSquared || mask[b * width + a] === 0) continue;
      best = b * width + a;
      bestSquared = squared;
    }
  }
  return best;
}

/** The cell a number of steps down the way from a cell. */
export function walkDown(toGoal: Int32Array, width: number, from: number, steps: number): number {
  let c = from;
  for (let n = 0; n < steps && toGoal[c] !== 0; n++) {
    let next = c;
    for (let b = -1; b <= 1; b++) {
      for (let a = -1; a <= 1; a++) {
        const to = c + b * width + a;
        const way = toGoal[to] ?? -1;
        if (way < 0 || way >= toGoal[next]) continue;
        const diagonal = a !== 0 && b !== 0;
        if (diagonal && (toGoal[c + a] < 0 || toGoal[c + b * width] < 0)) continue;
        next = to;
      }
    }
    c = next;
  }
  return c;
}

function center(grid: OccupancyGrid, c: number): Point {
  const { width, resolution } = grid;
  return { x: ((c % width) + 0.5) * resolution, y: (Math.floor(c / width) + 0.5) * resolution };
}
