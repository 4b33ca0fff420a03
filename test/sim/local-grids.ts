import { createRng } from "../../src/base/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  type LocalGrid,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  type Scan,
  UNKNOWN,
} from "../../src/sim/index.ts";

/** Scattered blocks in a walled room of 10 x 10 m, free around the middle. */
export function cluttered(seed: number, origin: Pose, resolution = 0.05): OccupancyGrid {
  const size = Math.round(10 / resolution);
  const grid = createGrid(size, size, resolution, origin);
  const rng = createRng(seed);
  const block = (i0: number, j0: number, w: number, h: number): void => {
    for (let j = j0; j < Math.min(size, j0 + h); j++) {
      for (let i = i0; i < Math.min(size, i0 + w); i++) grid.cells[j * size + i] = 100;
    }
  };
  block(0, 0, size, 2);
  block(0, size - 2, size, 2);
  block(0, 0, 2, size);
  block(size - 2, 0, 2, size);
  for (let n = 0; n < 25; n++) {
    const i = rng.int(size);
    const j = rng.int(size);
    if (Math.hypot(i - size / 2, j - size / 2) * resolution > 1.5)
      block(i, j, 1 + rng.int(8), 1 + rng.int(8));
  }
  return grid;
}

/** A full-circle scan with one beam per degree, every return the same. */
export function ringScan(pose: Pose, range: number, at: (n: number) => number): Scan {
  const angles = Float64Array.from({ length: 360 }, (_, n) => ((n - 180) * Math.PI) / 180);
  return { pose, angles, ranges: Float64Array.from(angles, (_, n) => at(n)), range };
}

export const valueAt = ({ grid }: LocalGrid, x: number, y: number): number =>
  grid.cells[cellIndexAt(grid, x, y)];

/** Whether the middle half of a local cell (5 cm) meets an occupied cell of the truth. */
export function overlapsWall(truth: OccupancyGrid, x: number, y: number): boolean {
  for (const dx of [-0.012, 0.012]) {
    for (const dy of [-0.012, 0.012]) {
      const index = cellIndexAt(truth, x + dx, y + dy);
      if (index >= 0 && truth.cells[index] >= OCCUPIED) return true;
    }
  }
  return false;
}

/** Local cells by what they say and what is true, in a world whose cells coincide with theirs. */
export function confusion(local: LocalGrid, truth: OccupancyGrid): Record<string, number> {
  const counts = { wallSeen: 0, wallAsFree: 0, freeSeen: 0, freeAsWall: 0 };
  for (let j = 0; j < local.grid.height; j++) {
    for (let i = 0; i < local.grid.width; i++) {
      const value = local.grid.cells[j * local.grid.width + i];
      const [x, y] = cellCenter(local.grid, i, j);
      const index = cellIndexAt(truth, x, y);
      if (value === UNKNOWN || index < 0) continue;
      const wall = truth.cells[index] >= OCCUPIED;
      if (wall) counts[value === 100 ? "wallSeen" : "wallAsFree"]++;
      else counts[value === 100 ? "freeAsWall" : "freeSeen"]++;
    }
  }
  return counts;
}
