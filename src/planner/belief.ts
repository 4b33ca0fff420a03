import { createFieldTiles, type FieldTiles, forgetTiles } from "../route/index.ts";
import { type OccupancyGrid, validateGrid } from "../sim/index.ts";
import { boxAround, type CellBox, overlayGrid } from "./overlay-grid.ts";
import { createSeenCells, type SeenCells } from "./seen-cells.ts";

/** What is believed of the whole map: the map as it was given, overlaid with what the sensors saw. */
export type Belief = {
  readonly grid: OccupancyGrid;
  /** Writes what a local grid knows over the belief, see `overlayGrid`. */
  overlay(local: OccupancyGrid): void;
  /** Whether a map is the one that was given, cell by cell. */
  isOf(map: OccupancyGrid): boolean;
  /**
   * The belief of another map of the same ground: grown, moved or corrected. What the sensors saw stays, and stays
   * right where the two differ, but for obstacles that are new in this map.
   *
   * @throws ConfigError or ShapeError for a map that is none
   */
  withMap(map: OccupancyGrid): Belief;
  /**
   * Signed distances to obstacles up to `reach`, `unknown` space counted as told: computed where somebody asks, and kept
   * until what was seen changes them. [m]
   */
  tiles(unknown: "free" | "occupied", reach: number): FieldTiles;
};

/**
 * Creates the belief of a map, and the memory for its distances.
 *
 * @param map copied; its unknown cells stay unknown until seen
 * @throws ConfigError or ShapeError for a map that is none
 */
export function createBelief(map: OccupancyGrid): Belief {
  validateGrid(map);
  return beliefOf(map, createSeenCells(map));
}

/** @param earlier the map that was given before, over which something may have been seen */
function beliefOf(map: OccupancyGrid, seen: SeenCells, earlier?: OccupancyGrid): Belief {
  const given = { ...map, origin: { ...map.origin }, cells: map.cells.slice() };
  const grid = { ...given, cells: map.cells.slice() };
  if (earlier !== undefined) seen.writeOver(grid, earlier);
  const kept = new Map<string, FieldTiles>();
  let before = new Int8Array(0);
  return {
    grid,
    overlay(local) {
      const box = boxAround(grid, local);
      if (kept.size > 0) before = cellsWithin(grid, box, before);
      overlayGrid(grid, local);
      seen.overlay(local);
      if (kept.size > 0) forgetChanged(grid, box, before, [...kept.values()]);
    },
    isOf: (other) => sameGrid(given, other),
    withMap(other) {
      validateGrid(other);
      return beliefOf(other, seen, given);
    },
    tiles(unknown, reach) {
      const known = kept.get(unknown);
      if (known?.reach === reach) return known;
      const tiles = createFieldTiles(grid, unknown, reach);
      kept.set(unknown, tiles);
      return tiles;
    },
  };
}

/** Whether two grids lie in the same place and hold the same. */
export function sameGrid(a: OccupancyGrid, b: OccupancyGrid): boolean {
  const same =
    a.width === b.width &&
    a.height === b.height &&
    a.resolution === b.resolution &&
    a.origin.x === b.origin?.x &&
    a.origin.y === b.origin.y &&
    a.origin.yaw === b.origin.yaw &&
    a.cells.length === b.cells?.length;
  return same && a.cells.every((value, c) => value === b.cells[c]);
}

/** A copy of the cells in a box, row by row, in memory that is used again where it is large enough. */
function cellsWithin(
  { cells, width }: OccupancyGrid,
  { left, right, bottom, top }: CellBox,
  memory: Int8Array<ArrayBuffer>,
): Int8Array<ArrayBuffer> {
  const count = Math.max(0, top - bottom) * Math.max(0, right - left);
  const copy = memory.length < count ? new Int8Array(count) : memory;
  for (let j = bottom, to = 0; j < top; j++)
    for (let i = left; i < right; i++) copy[to++] = cells[j * width + i];
  return copy;
}

/** Lets tiles forget where cells in a box are not what they were. */
function forgetChanged(grid: OccupancyGrid, box: CellBox, before: Int8Array, kept: FieldTiles[]): void {
  for (let j = box.bottom, at = 0; j < box.top; j++) {
    const from = j * grid.width + box.left;
    let first = -1;
    let last = -1;
    for (let i = 0; i < box.right - box.left; i++) {
      if (grid.cells[from + i] === before[at++]) continue;
      if (first < 0) first = i;
      last = i;
    }
    if (first < 0) continue;
    for (const tiles of kept) forgetTiles(tiles, box.left + first, box.left + last, j, j);
  }
}
