import {
  computeDistanceField,
  type DistanceField,
  type GridFrame,
  OCCUPIED,
  type OccupancyGrid,
  worldToCell,
} from "../sim/index.ts";

/** Side of a tile: 2^6. [cells] */
export const TILE = 64;
/** Tiles of a side of a block: of one that nobody has looked at yet, all are computed at once, which takes half as long. */
const BLOCK = 3;

/**
 * Distances to obstacles of a grid, computed tile by tile where somebody asks: memory and time are those of the part
 * that is looked at, whatever the size of the map. Equal to the field of the whole grid, cut at `reach`.
 */
export type FieldTiles = GridFrame & {
  readonly grid: OccupancyGrid;
  /** What a cell nobody has seen counts as. */
  readonly unknown: "free" | "occupied";
  /** Distances are cut to +- this. [m] */
  readonly reach: number;
  /** Tiles of a row. */
  readonly columns: number;
  readonly tiles: (Float32Array | undefined)[];
  /** There is none of the whole grid. */
  readonly distance?: undefined;
};

/** Distances at the cell centres of a grid, all of them at hand or computed where somebody asks. */
export type CellField = DistanceField | FieldTiles;

/** Distance at the centre of a cell of the grid. [m] */
export function cellDistance(field: CellField, i: number, j: number): number {
  const { distance } = field;
  return distance === undefined ? distanceOfCell(field, i, j) : distance[j * field.width + i];
}

/** Creates the tiles of a grid, none of them computed yet. */
export function createFieldTiles(
  grid: OccupancyGrid,
  unknown: "free" | "occupied",
  reach: number,
): FieldTiles {
  const { width, height, resolution, origin } = grid;
  const columns = Math.ceil(width / TILE);
  const tiles = new Array(columns * Math.ceil(height / TILE)).fill(undefined);
  return { width, height, resolution, origin, grid, unknown, reach, columns, tiles, distance: undefined };
}

/** Forgets every distance that a change of the cells [left, right] x [bottom, top] may have changed. */
export function forgetTiles(
  field: FieldTiles,
  left: number,
  right: number,
  bottom: number,
  top: number,
): void {
  const far = Math.ceil(field.reach / field.resolution) + 1;
  const first = (cell: number): number => Math.max(0, Math.floor((cell - far) / TILE));
  const rows = field.tiles.length / field.columns;
  const lastRow = Math.min(rows - 1, Math.floor((top + far) / TILE));
  const lastColumn = Math.min(field.columns - 1, Math.floor((right + far) / TILE));
  for (let row = first(bottom); row <= lastRow; row++) {
    for (let column = first(left); column <= lastColumn; column++) {
      field.tiles[row * field.columns + column] = undefined;
    }
  }
}

const AT = new Float64Array(2);

/** Bilinear interpolation between the cell centres, as `distanceAt` of the whole field. [m] */
export function tiledDistanceAt(field: FieldTiles, x: number, y: number): number {
  worldToCell(field, x, y, AT);
  const u = Math.max(0, Math.min(field.width - 1, AT[0] - 0.5));
  const v = Math.max(0, Math.min(field.height - 1, AT[1] - 0.5));
  if (!(u >= 0 && v >= 0)) return Number.NaN;
  const i = u | 0;
  const j = v | 0;
  const a = u - i;
  const b = v - j;
  const inTileI = i % TILE;
  const inTileJ = j % TILE;
  if (inTileI < TILE - 1 && inTileJ < TILE - 1) {
    // All four in one tile; what it holds beyond the grid has no weight.
    const tile = tileOf(field, i, j);
    const c = inTileJ * TILE + inTileI;
    const low = (1 - a) * tile[c] + a * tile[c + 1];
    return (1 - b) * low + b * ((1 - a) * tile[c + TILE] + a * tile[c + TILE + 1]);
  }
  const right = Math.min(i + 1, field.width - 1);
  const up = Math.min(j + 1, field.height - 1);
  const low = (1 - a) * distanceOfCell(field, i, j) + a * distanceOfCell(field, right, j);
  return (1 - b) * low + b * ((1 - a) * distanceOfCell(field, i, up) + a * distanceOfCell(field, right, up));
}

function distanceOfCell(field: FieldTiles, i: number, j: number): number {
  return tileOf(field, i, j)[(j % TILE) * TILE + (i % TILE)];
}

/** (64, 64) the tile of a cell, row by row, computed where it is not yet. */
export function tileOf(field: FieldTiles, i: number, j: number): Float32Array {
  const column = (i / TILE) | 0;
  const row = (j / TILE) | 0;
  return field.tiles[row * field.columns + column] ?? computeAround(field, column, row);
}

/** Whether a point lies in the grid. */
export function insideTiles(field: FieldTiles, x: number, y: number): boolean {
  worldToCell(field, x, y, AT);
  return AT[0] >= 0 && AT[1] >= 0 && AT[0] <= field.width && AT[1] <= field.height;
}

/** Computes a tile, and those of its block with it where there is none yet. */
function computeAround(field: FieldTiles, column: number, row: number): Float32Array {
  const { columns, tiles } = field;
  const rows = tiles.length / columns;
  const left = column - (column % BLOCK);
  const bottom = row - (row % BLOCK);
  const right = Math.min(columns, left + BLOCK);
  const top = Math.min(rows, bottom + BLOCK);
  let known = false;
  for (let r = bottom; r < top; r++)
    for (let c = left; c < right; c++) known ||= tiles[r * columns + c] !== undefined;
  if (known) computeTiles(field, column, column + 1, row, row + 1);
  else computeTiles(field, left, right, bottom, top);
  return tiles[row * columns + column]!;
}

/** Transforms the cells of the tiles [first, last) x [low, high) and those around them that may matter. */
function computeTiles(field: FieldTiles, first: number, last: number, low: number, high: number): void {
  const { grid, unknown, reach, resolution, columns } = field;
  const far = Math.ceil(reach / resolution) + 1;
  const left = Math.max(0, first * TILE - far);
  const right = Math.min(grid.width, last * TILE + far);
  const bottom = Math.max(0, low * TILE - far);
  const top = Math.min(grid.height, high * TILE + far);
  const width = right - left;
  const cells = new Int8Array(width * (top - bottom));
  const isObstacle = (cell: number): boolean => cell >= OCCUPIED || (cell < 0 && unknown === "occupied");
  let occupied = false;
  for (let j = bottom; j < top; j++) {
    const line = grid.cells.subarray(j * grid.width + left, j * grid.width + right);
    cells.set(line, (j - bottom) * width);
    occupied ||= line.some(isObstacle);
  }
  const part = { width, height: top - bottom, resolution, origin: grid.origin, cells };
  // A field of one kind is as long as its diagonal, which says nothing here.
  const distance = occupied
    ? computeDistanceField(part, { unknown, maxDistance: reach }).distance
    : undefined;
  for (let row = low; row < high; row++) {
    for (let column = first; column < last; column++) {
      const tile = new Float32Array(TILE * TILE).fill(reach);
      field.tiles[row * columns + column] = tile;
      const count = Math.min(TILE, grid.width - column * TILE);
      for (let v = 0; distance !== undefined && v < TILE && row * TILE + v < grid.height; v++) {
        const from = (row * TILE + v - bottom) * width + column * TILE - left;
        for (let u = 0; u < count; u++) tile[v * TILE + u] = distance[from + u];
      }
    }
  }
}
