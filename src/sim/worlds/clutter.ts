import type { Rng } from "../../base/index.ts";
import { createGrid } from "../grid.ts";
import { between, type DrawOptions, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import { distanceToSolids, paintBorder, paintSolids, type SolidObstacle } from "./paint.ts";

const BORDER = 0.15;

/**
 * A hall of 10 to 14 m by 6 to 9 m strewn with posts, drums, crates at any angle, pieces of wall,
 * corners and heaps; from sparse to as dense as can be driven. Start and goal lie at opposite ends.
 */
export function drawClutter(rng: Rng, options: DrawOptions): WorldLayout {
  const width = Math.round(between(rng, 10, 14) / WORLD_RESOLUTION);
  const height = Math.round(between(rng, 6, 9) / WORLD_RESOLUTION);
  const grid = createGrid(width, height, WORLD_RESOLUTION);
  const lengthX = width * WORLD_RESOLUTION;
  const lengthY = height * WORLD_RESOLUTION;
  paintBorder(grid, BORDER);
  const side = BORDER + options.clearance + 0.25;
  const start = { x: between(rng, side, side + 0.4), y: between(rng, side, lengthY - side) };
  const goal = { x: lengthX - between(rng, side, side + 0.4), y: between(rng, side, lengthY - side) };
  const perSquareMetre = between(rng, 0.2, 0.6) * (1 - options.ease);
  const keepOut = options.clearance + 0.25;
  for (let n = Math.round(perSquareMetre * lengthX * lengthY); n > 0; n--) {
    const x = between(rng, BORDER, lengthX - BORDER);
    const y = between(rng, BORDER, lengthY - BORDER);
    const piece = drawPiece(rng, x, y);
    if (distanceToSolids(piece, start) < keepOut || distanceToSolids(piece, goal) < keepOut) continue;
    paintSolids(grid, piece);
  }
  return { grid, starts: [start], goals: [goal] };
}

/** One thing standing at (x, y). */
function drawPiece(rng: Rng, x: number, y: number): SolidObstacle[] {
  const kind = rng.uniform();
  const yaw = between(rng, -Math.PI, Math.PI);
  if (kind < 0.2) return [{ shape: "disc", x, y, radius: between(rng, 0.03, 0.09) }];
  if (kind < 0.5) return [{ shape: "disc", x, y, radius: between(rng, 0.12, 0.45) }];
  if (kind < 0.75) {
    const halfX = between(rng, 0.12, 0.6);
    return [{ shape: "box", x, y, halfX, halfY: between(rng, 0.1, 0.4), yaw }];
  }
  if (kind < 0.85) return [{ shape: "box", x, y, halfX: between(rng, 0.4, 1.1), halfY: 0.06, yaw }];
  if (kind < 0.92) return drawCorner(rng, x, y, yaw);
  return drawHeap(rng, x, y);
}

/** Two pieces of wall at a right angle: a pocket that a greedy planner drives into. */
function drawCorner(rng: Rng, x: number, y: number, yaw: number): SolidObstacle[] {
  const a = between(rng, 0.3, 0.8);
  const b = between(rng, 0.3, 0.8);
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  return [
    { shape: "box", x: x + c * a, y: y + s * a, halfX: a, halfY: 0.06, yaw },
    { shape: "box", x: x - s * b, y: y + c * b, halfX: 0.06, halfY: b, yaw },
  ];
}

/** Three to six overlapping discs. */
function drawHeap(rng: Rng, x: number, y: number): SolidObstacle[] {
  const heap: SolidObstacle[] = [];
  for (let n = 3 + rng.int(4); n > 0; n--) {
    const radius = between(rng, 0.08, 0.25);
    heap.push({ shape: "disc", x: x + 0.25 * rng.gauss(), y: y + 0.25 * rng.gauss(), radius });
  }
  return heap;
}
