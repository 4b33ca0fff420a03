import { createRng, type Rng } from "../../src/base/index.ts";
import {
  createGrid,
  footprintContact,
  type OccupancyGrid,
  type Pose,
  type Robot,
} from "../../src/sim/index.ts";

/** A walled hall of `side` metres in cells of 5 cm, with so many boxes of 0.2 to 0.85 m in it. */
export function hall(side: number, boxes = 0, seed = 0): OccupancyGrid {
  const n = Math.round(side / 0.05);
  const grid = createGrid(n, n, 0.05);
  const rng = createRng(seed);
  for (let i = 0; i < n; i++) {
    for (const c of [i, (n - 1) * n + i, i * n, i * n + n - 1]) grid.cells[c] = 100;
  }
  for (let k = 0; k < boxes; k++) {
    const [w, h] = [4 + rng.int(14), 4 + rng.int(14)];
    fill(grid, rng.int(n - w), rng.int(n - h), w, h);
  }
  return grid;
}

/** Occupies w x h cells from (i, j) on. */
export function fill(grid: OccupancyGrid, i: number, j: number, w: number, h: number, value = 100): void {
  for (let row = j; row < j + h; row++)
    grid.cells.fill(value, row * grid.width + i, row * grid.width + i + w);
}

/** A pose somewhere in a hall where a robot touches nothing. */
export function freePose(robot: Robot, grid: OccupancyGrid, rng: Rng): Pose {
  const side = grid.width * grid.resolution;
  for (;;) {
    const place = (): number => 1 + (side - 2) * rng.uniform();
    const pose = { x: place(), y: place(), yaw: Math.PI * (2 * rng.uniform() - 1) };
    if (!footprintContact(robot, pose, grid)) return pose;
  }
}
