import {
  cellCenter,
  cellIndexAt,
  computeDistanceField,
  createGrid,
  type DistanceField,
  OCCUPIED,
  type OccupancyGrid,
  worldToCell,
} from "../sim/index.ts";

/** What is believed of the whole map: the map given at the start, overlaid with what the sensors saw. */
export type Belief = {
  readonly grid: OccupancyGrid;
  /** Writes the known cells of a local grid over the belief, be they finer or coarser; occupied ones win within a cell. */
  overlay(local: OccupancyGrid): void;
  /**
   * Signed distances to obstacles; `unknown` space counts as told.
   * The result belongs to the belief and is overwritten by the next call.
   */
  distances(unknown: "free" | "occupied"): DistanceField;
};

/** @param map copied; its unknown cells stay unknown until seen */
export function createBelief(map: OccupancyGrid): Belief {
  const grid = createGrid(map.width, map.height, map.resolution, map.origin);
  grid.cells.set(map.cells);
  let field: DistanceField | undefined;
  const center = new Float64Array(2);

  /** Where the local cells are the coarser ones: each cell of the belief takes the value it lies in. */
  const writeFiner = (local: OccupancyGrid): void => {
    const side = local.resolution / grid.resolution;
    worldToCell(grid, ...centerOf(local), center);
    const reach = 0.5 * side * Math.hypot(local.width, local.height);
    const range = (at: number, count: number): [number, number] => [
      Math.max(0, Math.floor(at - reach)),
      Math.min(count, Math.ceil(at + reach)),
    ];
    const [left, right] = range(center[0], grid.width);
    const [bottom, top] = range(center[1], grid.height);
    for (let j = bottom; j < top; j++) {
      for (let i = left; i < right; i++) {
        cellCenter(grid, i, j, center);
        const from = cellIndexAt(local, center[0], center[1]);
        if (from >= 0 && local.cells[from] >= 0) grid.cells[j * grid.width + i] = local.cells[from];
      }
    }
  };

  const write = (local: OccupancyGrid, occupied: boolean): void => {
    for (let j = 0; j < local.height; j++) {
      for (let i = 0; i < local.width; i++) {
        const value = local.cells[j * local.width + i];
        if (value < 0 || value >= OCCUPIED !== occupied) continue;
        cellCenter(local, i, j, center);
        const at = cellIndexAt(grid, center[0], center[1]);
        if (at >= 0) grid.cells[at] = value;
      }
    }
  };

  return {
    grid,
    overlay(local) {
      if (local.resolution > 1.001 * grid.resolution) {
        writeFiner(local);
        return;
      }
      write(local, false);
      write(local, true);
    },
    distances(unknown) {
      field = computeDistanceField(grid, { unknown }, field);
      return field;
    },
  };
}

/** The middle of a grid, map frame. [m] */
function centerOf(grid: OccupancyGrid): [number, number] {
  const at = cellCenter(grid, 0.5 * grid.width - 0.5, 0.5 * grid.height - 0.5);
  return [at[0], at[1]];
}
