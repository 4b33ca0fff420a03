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
  /** Writes what a local grid knows over the belief, see {@link overlayGrid}. */
  overlay(local: OccupancyGrid): void;
  /**
   * Signed distances to obstacles; `unknown` space counts as told.
   * The result belongs to the belief and is overwritten by the next call.
   */
  distances(unknown: "free" | "occupied"): DistanceField;
};

/**
 * Creates the belief of a map, and the memory for its distances.
 *
 * @param map copied; its unknown cells stay unknown until seen
 */
export function createBelief(map: OccupancyGrid): Belief {
  const grid = createGrid(map.width, map.height, map.resolution, map.origin);
  grid.cells.set(map.cells);
  let field: DistanceField | undefined;
  return {
    grid,
    overlay: (local) => overlayGrid(grid, local),
    distances(unknown) {
      field = computeDistanceField(grid, { unknown }, field);
      return field;
    },
  };
}

/** Scratch of {@link overlayGrid}. */
const CENTER = new Float64Array(2);

/** Writes the known cells of a local grid into a grid, be they finer or coarser; occupied ones win within a cell. */
function overlayGrid(grid: OccupancyGrid, local: OccupancyGrid): void {
  if (local.resolution > 1.001 * grid.resolution) {
    overlayCoarser(grid, local);
    return;
  }
  overlayKind(grid, local, false);
  overlayKind(grid, local, true);
}

/** Where the local cells are the coarser ones: each cell of the grid takes the value it lies in. */
function overlayCoarser(grid: OccupancyGrid, local: OccupancyGrid): void {
  const side = local.resolution / grid.resolution;
  worldToCell(grid, ...centerOf(local), CENTER);
  const reach = 0.5 * side * Math.hypot(local.width, local.height);
  const range = (at: number, count: number): [number, number] => [
    Math.max(0, Math.floor(at - reach)),
    Math.min(count, Math.ceil(at + reach)),
  ];
  const [left, right] = range(CENTER[0], grid.width);
  const [bottom, top] = range(CENTER[1], grid.height);
  for (let j = bottom; j < top; j++) {
    for (let i = left; i < right; i++) {
      cellCenter(grid, i, j, CENTER);
      const from = cellIndexAt(local, CENTER[0], CENTER[1]);
      if (from >= 0 && local.cells[from] >= 0) grid.cells[j * grid.width + i] = local.cells[from];
    }
  }
}

/** Writes the local cells that are occupied, or those that are free. */
function overlayKind(grid: OccupancyGrid, local: OccupancyGrid, occupied: boolean): void {
  for (let j = 0; j < local.height; j++) {
    for (let i = 0; i < local.width; i++) {
      const value = local.cells[j * local.width + i];
      if (value < 0 || value >= OCCUPIED !== occupied) continue;
      cellCenter(local, i, j, CENTER);
      const at = cellIndexAt(grid, CENTER[0], CENTER[1]);
      if (at >= 0) grid.cells[at] = value;
    }
  }
}

/** The middle of a grid, map frame. [m] */
function centerOf(grid: OccupancyGrid): [number, number] {
  const at = cellCenter(grid, 0.5 * grid.width - 0.5, 0.5 * grid.height - 0.5);
  return [at[0], at[1]];
}
