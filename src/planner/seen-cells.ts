import {
  cellCenter,
  cellIndexAt,
  createGrid,
  type GridFrame,
  MAX_CELLS,
  OCCUPIED,
  type OccupancyGrid,
  UNKNOWN,
} from "../sim/index.ts";
import { cellsAround, overlayGrid } from "./overlay-grid.ts";

/** What the sensors have seen, wherever that was: kept apart from any map, so that no map that comes later erases it. */
export type SeenCells = {
  /** Remembers the known cells of a local grid. */
  overlay(local: OccupancyGrid): void;
  /**
   * Writes what was seen over a map, but for obstacles that the map has and an earlier one had not: they are news, and
   * that their cells were seen free is forgotten, lest the map after this one loses them.
   */
  writeOver(map: OccupancyGrid, earlier: OccupancyGrid): void;
};

/** Side of a tile. [cells] */
const SIDE = 128;
/** As many cells as the largest grid has; then the tile that was begun first is forgotten. */
const MOST = MAX_CELLS / SIDE ** 2;

/**
 * Creates the memory of what is seen, in square tiles that are there only where something was seen.
 *
 * @param lattice cells coincide with this grid's
 */
export function createSeenCells({ resolution, origin }: GridFrame): SeenCells {
  const tiles = new Map<string, OccupancyGrid>();
  /** The cells of a tile, counted from the origin, as a grid to place others in. */
  const lattice: GridFrame = { width: SIDE, height: SIDE, resolution, origin };
  const tileAt = (a: number, b: number): OccupancyGrid => {
    const name = `${a},${b}`;
    const known = tiles.get(name);
    if (known !== undefined) return known;
    const corner = cellCenter(lattice, a * SIDE - 0.5, b * SIDE - 0.5);
    const tile = createGrid(SIDE, SIDE, resolution, { x: corner[0], y: corner[1], yaw: origin.yaw }, UNKNOWN);
    tiles.set(name, tile);
    if (tiles.size > MOST) tiles.delete(tiles.keys().next().value!);
    return tile;
  };
  return {
    overlay(local) {
      const { left, right, bottom, top } = cellsAround(lattice, local);
      for (let b = Math.floor(bottom / SIDE); b * SIDE < top; b++) {
        for (let a = Math.floor(left / SIDE); a * SIDE < right; a++) overlayGrid(tileAt(a, b), local);
      }
    },
    writeOver(map, earlier) {
      const given = { ...map, cells: map.cells.slice() };
      for (const tile of tiles.values()) {
        forgetNews(tile, given, earlier);
        overlayGrid(map, tile);
      }
    },
  };
}

/** Lets a tile forget the free cells that a map says are occupied now and an earlier one did not. */
function forgetNews({ cells, ...frame }: OccupancyGrid, map: OccupancyGrid, earlier: OccupancyGrid): void {
  const occupied = (grid: OccupancyGrid, at: Float64Array): boolean => {
    const index = cellIndexAt(grid, at[0], at[1]);
    return index >= 0 && grid.cells[index] >= OCCUPIED;
  };
  const at = new Float64Array(2);
  for (let c = 0; c < cells.length; c++) {
    if (cells[c] < 0 || cells[c] >= OCCUPIED) continue;
    cellCenter(frame, c % SIDE, Math.floor(c / SIDE), at);
    if (occupied(map, at) && !occupied(earlier, at)) cells[c] = UNKNOWN;
  }
}
