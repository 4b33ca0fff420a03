import { createFieldTiles, type FieldTiles, forgetTiles } from "../route/index.ts";
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
  /** The same up to a distance, computed where somebody asks and kept until what was seen changes it. [m] */
  tiles(unknown: "free" | "occupied", reach: number): FieldTiles;
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
  const kept = new Map<string, FieldTiles>();
  return {
    grid,
    overlay(local) {
      const box = boxAround(grid, local);
      const before = kept.size > 0 ? cellsWithin(grid, box) : undefined;
      overlayGrid(grid, local);
      if (before !== undefined) forgetChanged(grid, box, before, [...kept.values()]);
    },
    tiles(unknown, reach) {
      const known = kept.get(unknown);
      if (known?.reach === reach) return known;
      const tiles = createFieldTiles(grid, unknown, reach);
      kept.set(unknown, tiles);
      return tiles;
    },
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

/** Columns [left, right) and rows [bottom, top) of a grid. */
type Box = { readonly left: number; readonly right: number; readonly bottom: number; readonly top: number };

/** Cells of a grid among which are all that a local grid may cover. */
function boxAround(grid: OccupancyGrid, local: OccupancyGrid): Box {
  const side = local.resolution / grid.resolution;
  worldToCell(grid, ...centerOf(local), CENTER);
  const reach = 0.5 * side * Math.hypot(local.width, local.height) + 1;
  const low = (at: number): number => Math.max(0, Math.floor(at - reach));
  const high = (at: number, count: number): number => Math.min(count, Math.ceil(at + reach));
  return {
    left: low(CENTER[0]),
    right: high(CENTER[0], grid.width),
    bottom: low(CENTER[1]),
    top: high(CENTER[1], grid.height),
  };
}

/** A copy of the cells in a box, row by row. */
function cellsWithin({ cells, width }: OccupancyGrid, { left, right, bottom, top }: Box): Int8Array[] {
  return Array.from({ length: Math.max(0, top - bottom) }, (_, n) =>
    cells.slice((bottom + n) * width + left, (bottom + n) * width + right),
  );
}

/** Lets tiles forget where cells in a box are not what they were. */
function forgetChanged(
  grid: OccupancyGrid,
  box: Box,
  before: readonly Int8Array[],
  kept: FieldTiles[],
): void {
  for (const [n, row] of before.entries()) {
    const from = (box.bottom + n) * grid.width + box.left;
    let first = -1;
    let last = -1;
    for (let i = 0; i < row.length; i++) {
      if (grid.cells[from + i] === row[i]) continue;
      if (first < 0) first = i;
      last = i;
    }
    if (first < 0) continue;
    const j = box.bottom + n;
    for (const tiles of kept) forgetTiles(tiles, box.left + first, box.left + last, j, j);
  }
}

/** Where the local cells are the coarser ones: each cell of the grid takes the value it lies in. */
function overlayCoarser(grid: OccupancyGrid, local: OccupancyGrid): void {
  const { left, right, bottom, top } = boxAround(grid, local);
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
