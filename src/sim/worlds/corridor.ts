import type { Rng } from "../../base/index.ts";
import { createGrid } from "../grid.ts";
import { between, type DrawOptions, type Point, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import { FREE, paintBox, paintDisc, paintSolids, type SolidObstacle, WALL } from "./paint.ts";

/** Spacing of the points of the centre line. [m] */
const STEP = 0.1;
const WALL_THICKNESS = 0.2;
/** Longest side of the world. [m] */
const MAX_EXTENT = 15;

/**
 * One corridor of 9 to 20 m that winds in curves or turns at right angles, its width swelling and
 * shrinking between a narrow and a wide bound, with obstacles that leave a passage on one side.
 */
export function drawCorridor(rng: Rng, options: DrawOptions): WorldLayout {
  const length = between(rng, 9.5, 20);
  const narrow = Math.max(between(rng, 1, 1.5), 2 * options.clearance + 0.4);
  const wide = narrow + between(rng, 0.1, 1.3);
  const square = rng.uniform() < 0.4;
  const line = drawLine(rng, length, wide, square);
  let x0 = Number.POSITIVE_INFINITY;
  let y0 = Number.POSITIVE_INFINITY;
  let x1 = Number.NEGATIVE_INFINITY;
  let y1 = Number.NEGATIVE_INFINITY;
  for (const p of line) {
    x0 = Math.min(x0, p.x);
    y0 = Math.min(y0, p.y);
    x1 = Math.max(x1, p.x);
    y1 = Math.max(y1, p.y);
  }
  const pad = WALL_THICKNESS + wide * 0.75;
  const width = Math.ceil((x1 - x0 + 2 * pad) / WORLD_RESOLUTION);
  const height = Math.ceil((y1 - y0 + 2 * pad) / WORLD_RESOLUTION);
  const grid = createGrid(width, height, WORLD_RESOLUTION, undefined, WALL);
  const path = line.map((p) => ({ x: p.x - x0 + pad, y: p.y - y0 + pad }));

  const halfWidth = drawHalfWidths(rng, path.length, narrow / 2, wide / 2);
  path.forEach((p, n) => {
    if (square) paintBox(grid, p.x, p.y, halfWidth[n], halfWidth[n], 0, FREE);
    else paintDisc(grid, p.x, p.y, halfWidth[n], FREE);
  });
  const end = Math.ceil(0.5 / STEP);
  const free = Math.ceil(1.3 / STEP);
  let n = free;
  while (options.ease < 1) {
    n += Math.round(between(rng, 0.8, 3) / (1 - options.ease) / STEP);
    if (n >= path.length - free) break;
    paintSolids(grid, drawObstacle(rng, path, n, halfWidth[n], 2 * options.clearance + 0.1));
  }
  return { grid, starts: [path[end]], goals: [path[path.length - 1 - end]] };
}

/** A centre line that keeps clear of itself; the longest of several tries. */
function drawLine(rng: Rng, length: number, wide: number, square: boolean): Point[] {
  let best: Point[] = [];
  for (let n = 0; n < 40 && best.length * STEP < length; n++) {
    const line = tryLine(rng, length, wide, square);
    if (line.length > best.length) best = line;
  }
  return best;
}

/** Walks until the length is reached, or the line comes near an older part of itself or grows too wide. */
function tryLine(rng: Rng, length: number, wide: number, square: boolean): Point[] {
  const line: Point[] = [{ x: 0, y: 0 }];
  let heading = 0;
  let curvature = 0;
  let straight = between(rng, 1.5, 4);
  let [x0, x1, y0, y1] = [0, 0, 0, 0];
  const apart = wide + WALL_THICKNESS + 0.1;
  const recent = Math.ceil((2 * apart) / STEP);
  while (line.length * STEP < length) {
    if (square) {
      straight -= STEP;
      if (straight <= 0) {
        heading += rng.uniform() < 0.5 ? Math.PI / 2 : -Math.PI / 2;
        straight = between(rng, 0.8 * wide + 0.8, 5);
      }
    } else {
      curvature += 0.25 * rng.gauss() - 0.06 * curvature;
      curvature = Math.max(-0.9, Math.min(0.9, curvature));
      heading += curvature * STEP;
    }
    const last = line[line.length - 1];
    const p = { x: last.x + STEP * Math.cos(heading), y: last.y + STEP * Math.sin(heading) };
    for (let n = 0; n < line.length - recent; n++) {
      if (Math.hypot(line[n].x - p.x, line[n].y - p.y) < apart * (square ? Math.SQRT2 : 1)) return line;
    }
    [x0, x1, y0, y1] = [Math.min(x0, p.x), Math.max(x1, p.x), Math.min(y0, p.y), Math.max(y1, p.y)];
    if (Math.max(x1 - x0, y1 - y0) > MAX_EXTENT - 2) return line;
    line.push(p);
  }
  return line;
}

/** Half the corridor's width along its line: a slow random wave between two bounds. [m] */
function drawHalfWidths(rng: Rng, count: number, lo: number, hi: number): Float64Array {
  const wave = between(rng, 2, 6);
  const phase = between(rng, 0, 2 * Math.PI);
  const ripple = between(rng, 0, 2 * Math.PI);
  return Float64Array.from({ length: count }, (_, n) => {
    const s = (2 * Math.PI * n * STEP) / wave;
    const level = 0.5 + 0.35 * Math.sin(s + phase) + 0.15 * Math.sin(2.7 * s + ripple);
    return lo + (hi - lo) * level;
  });
}

/** Something that stands against one wall at point n of the line, or in the middle where there is room. */
function drawObstacle(
  rng: Rng,
  path: readonly Point[],
  n: number,
  half: number,
  gap: number,
): SolidObstacle[] {
  const at = path[n];
  const ahead = path[n + 1];
  const yaw = Math.atan2(ahead.y - at.y, ahead.x - at.x);
  const free = 2 * half - between(rng, gap, gap + 0.5);
  if (free < 0.1) return [];
  const post = between(rng, 0.05, 0.2);
  const middle = half > gap + post && rng.uniform() < 0.5;
  const side = rng.uniform() < 0.5 ? 1 : -1;
  const depth = Math.min(free, between(rng, 0.2, 1.2));
  const offset = middle ? 0 : side * (half - depth / 2);
  const x = at.x - offset * Math.sin(yaw);
  const y = at.y + offset * Math.cos(yaw);
  if (middle) return [{ shape: "disc", x, y, radius: post }];
  if (rng.uniform() < 0.4) return [{ shape: "disc", x, y, radius: depth / 2 }];
  const tilt = yaw + between(rng, -0.3, 0.3);
  return [{ shape: "box", x, y, halfX: between(rng, 0.1, 0.5), halfY: depth / 2, yaw: tilt }];
}
