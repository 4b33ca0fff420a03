import {
  cellCenter,
  cellIndexAt,
  computeDistanceField,
  createGrid,
  type DistanceField,
  OCCUPIED,
  type OccupancyGrid,
} from "../sim/index.ts";

/** What is believed of the whole map: the map given at the start, overlaid with what the sensors saw. */
export type Belief = {
  readonly grid: OccupancyGrid;
  /** Writes the known cells of a local grid over the belief; occupied ones win within a coarser cell. */
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
      write(local, false);
      write(local, true);
    },
    distances(unknown) {
      field = computeDistanceField(grid, { unknown }, field);
      return field;
    },
  };
}
