import { createRng } from "../base/index.ts";
import { computeDistanceField, createGrid, type OccupancyGrid } from "../sim/index.ts";
import { type MeasuredSpread, measuredSpread } from "./measures.ts";

/** The signed distance field of one size of grid. */
export type FieldRow = {
  /** Cells on a side. */
  readonly size: number;
  readonly n: number;
  readonly ms: MeasuredSpread;
};

const SIZES = [
  { size: 100, warmUp: 100, solves: 300 },
  { size: 2000, warmUp: 2, solves: 9 },
] as const;

/** Times `computeDistanceField` into a field it may reuse, as the control loop does. */
export function timeField(clock: () => number, seed: number): FieldRow[] {
  return SIZES.map(({ size, warmUp, solves }) => {
    const grid = clutteredGrid(size, seed);
    const field = computeDistanceField(grid);
    const times: number[] = [];
    for (let n = -warmUp; n < solves; n++) {
      const t0 = clock();
      computeDistanceField(grid, undefined, field);
      if (n >= 0) times.push(clock() - t0);
    }
    return { size, n: solves, ms: measuredSpread(times, ["p50", "p99", "max"], 3) };
  });
}

/** A square of 5 cm cells with random discs of 0.1 to 0.5 m, one per 4 m^2. */
function clutteredGrid(size: number, seed: number): OccupancyGrid {
  const grid = createGrid(size, size, 0.05);
  const rng = createRng(seed);
  const discs = Math.max(4, Math.round((size * 0.05) ** 2 / 4));
  for (let n = 0; n < discs; n++) {
    const [ci, cj, r] = [rng.int(size), rng.int(size), 2 + rng.int(9)];
    for (let j = Math.max(0, cj - r); j <= Math.min(size - 1, cj + r); j++) {
      for (let i = Math.max(0, ci - r); i <= Math.min(size - 1, ci + r); i++) {
        if ((i - ci) ** 2 + (j - cj) ** 2 <= r * r) grid.cells[j * size + i] = 100;
      }
    }
  }
  return grid;
}
