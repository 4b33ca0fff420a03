import { ConfigError, check, checkCount, checkLength, checkWithin } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";

/** Position and heading in the plane. [m, m, rad] */
export type Pose = { readonly x: number; readonly y: number; readonly yaw: number };

/**
 * Occupancy grid as in ROS `nav_msgs/OccupancyGrid`: cell (column i, row j) is `cells[j * width + i]`,
 * row 0 at the origin's side (bottom of an image). Values: -1 unknown, 0 free .. 100 occupied.
 * `origin` is the pose of the corner of cell (0, 0) in the map frame.
 */
export type OccupancyGrid = {
  /** Number of columns. */ readonly width: number;
  /** Number of rows. */ readonly height: number;
  /** Side of a cell. [m] */ readonly resolution: number;
  readonly origin: Pose;
  /** (height, width) */ readonly cells: Int8Array;
};

/** What places a raster in the map frame: a grid, a distance field. */
export type GridFrame = Pick<OccupancyGrid, "width" | "height" | "resolution" | "origin">;

/** Cells with at least this value count as obstacles (the map_server default of 0.65). */
export const OCCUPIED = 65;
/** Cell value of space nobody has seen. */
export const UNKNOWN = -1;
/** A larger grid is refused before any memory is taken: 8192 x 8192, 410 m square at 5 cm. */
export const MAX_CELLS = 2 ** 26;
/** Smallest side of a cell: below it the arithmetic of distances runs out of range. [m] */
export const MIN_RESOLUTION = 1e-6;
/** Largest side of a cell. [m] */
export const MAX_RESOLUTION = 1e6;
/** Furthest origin: beyond it a float64 cannot tell apart two points a micrometre away. [m] */
export const MAX_ORIGIN = 1e9;

/**
 * Creates a grid with every cell the same.
 *
 * @param width number of columns; `width * height <= MAX_CELLS`
 * @param height number of rows
 * @param resolution side of a cell [m]
 * @param origin pose of the corner of cell (0, 0) in the map frame [m, m, rad]
 * @param fill -1 unknown, 0 free .. 100 occupied
 * @throws ConfigError for a value outside these ranges
 */
export function createGrid(
  width: number,
  height: number,
  resolution: number,
  origin: Pose = { x: 0, y: 0, yaw: 0 },
  fill = 0,
): OccupancyGrid {
  validateFrame({ width, height, resolution, origin });
  checkCell("fill", fill);
  return { width, height, resolution, origin, cells: new Int8Array(width * height).fill(fill) };
}

/**
 * Checks sizes, resolution, origin and every cell of a grid that comes from outside.
 *
 * @throws ConfigError for an illegal value, ShapeError if `cells` is not (height, width)
 */
export function validateGrid(grid: OccupancyGrid): void {
  validateFrame(grid);
  const { cells, width, height } = grid;
  if (!(cells instanceof Int8Array))
    throw new ConfigError(`grid.cells is ${typeof cells}, expected an Int8Array`);
  checkLength("grid.cells", cells.length, width * height, "width*height");
  for (let c = 0; c < cells.length; c++) {
    const value = cells[c];
    if (value < -1 || value > 100) checkCell(`grid.cells[${c}]`, value);
  }
}

/** Checks sizes, resolution and origin of a raster: {@link validateGrid} without its cells. */
export function validateFrame(frame: GridFrame): void {
  checkCount("grid width", frame.width, 1, Infinity, "cells");
  checkCount("grid height", frame.height, 1, Infinity, "cells");
  if (frame.width * frame.height > MAX_CELLS) {
    throw new ConfigError(
      `grid has ${frame.width} x ${frame.height} = ${frame.width * frame.height} cells, expected at most ${MAX_CELLS}`,
    );
  }
  const { resolution, origin } = frame;
  checkWithin("grid resolution", resolution, MIN_RESOLUTION, MAX_RESOLUTION, "m per cell");
  if (
    !(Math.abs(origin?.x) <= MAX_ORIGIN && Math.abs(origin.y) <= MAX_ORIGIN && Number.isFinite(origin.yaw))
  ) {
    throw new ConfigError(
      `grid origin is {x: ${origin?.x}, y: ${origin?.y}, yaw: ${origin?.yaw}}, ` +
        `expected finite numbers [m, m, rad], x and y within +-${MAX_ORIGIN}`,
    );
  }
}

/**
 * Continuous cell coordinates of a point: cell (i, j) covers `[i, i + 1) x [j, j + 1)`, its centre is
 * (i + 0.5, j + 0.5); outside the grid they go on below 0 and above width, height.
 *
 *     (column, row) = R(-yaw) ((x, y) - origin) / resolution
 *
 * @param x map frame [m]
 * @param y map frame [m]
 * @param out (2) column and row [cells]
 * @returns out
 */
export function worldToCell(frame: GridFrame, x: number, y: number, out: Vec = new Float64Array(2)): Vec {
  const { origin, resolution } = frame;
  const dx = (x - origin.x) / resolution;
  const dy = (y - origin.y) / resolution;
  if (origin.yaw === 0) {
    out[0] = dx;
    out[1] = dy;
    return out;
  }
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  out[0] = c * dx + s * dy;
  out[1] = c * dy - s * dx;
  return out;
}

/**
 * Writes the {@link worldToCell} of point i of `points` (n, 2) into out (2). Arrays are all that it takes, for loops of a
 * control tick: numbers that one function hands another are allocated.
 */
export function pointToCell({ origin, resolution }: GridFrame, points: Vec, i: number, out: Vec): void {
  const dx = (points[2 * i] - origin.x) / resolution;
  const dy = (points[2 * i + 1] - origin.y) / resolution;
  const { yaw } = origin;
  out[0] = yaw === 0 ? dx : Math.cos(yaw) * dx + Math.sin(yaw) * dy;
  out[1] = yaw === 0 ? dy : Math.cos(yaw) * dy - Math.sin(yaw) * dx;
}

/**
 * Index into `cells` of the cell that contains a point.
 *
 * @param x map frame [m]
 * @param y map frame [m]
 * @returns `j * width + i`, or -1 outside the grid and for NaN
 */
export function cellIndexAt(frame: GridFrame, x: number, y: number): number {
  point[0] = x;
  point[1] = y;
  return cellIndexOf(frame, point, 0);
}
const point = new Float64Array(2);

/** {@link cellIndexAt} of point i of `points` (n, 2), for loops of a control tick, as {@link pointToCell}. */
export function cellIndexOf(frame: GridFrame, points: Vec, i: number): number {
  pointToCell(frame, points, i, scratch);
  const column = scratch[0];
  const row = scratch[1];
  if (!(column >= 0 && column < frame.width && row >= 0 && row < frame.height)) return -1;
  return Math.floor(row) * frame.width + Math.floor(column);
}
const scratch = new Float64Array(2);

/**
 * Centre of cell (column i, row j) in the map frame; the cell need not lie inside the grid.
 *
 * @param out (2) x, y [m]
 * @returns out
 */
export function cellCenter(frame: GridFrame, i: number, j: number, out: Vec = new Float64Array(2)): Vec {
  const { origin, resolution } = frame;
  const u = (i + 0.5) * resolution;
  const v = (j + 0.5) * resolution;
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  out[0] = origin.x + c * u - s * v;
  out[1] = origin.y + s * u + c * v;
  return out;
}

function checkCell(name: string, value: number): void {
  const legal = Number.isInteger(value) && value >= -1 && value <= 100;
  check(name, value, legal, "-1 (unknown) or an integer 0 (free) .. 100 (occupied)");
}

/** A place to pass through, without stopping there. Map frame. [m] */
export type Via = {
  readonly x: number;
  readonly y: number;
  /** It is passed within this distance; default {@link VIA_TOLERANCE}. [m] */ readonly tolerance?: number;
};

/** How near a place is passed where nobody says. [m] */
export const VIA_TOLERANCE = 0.25;

/** A pose to reach; without a yaw any heading will do. Map frame. [m, m, rad] */
export type Goal = {
  readonly x: number;
  readonly y: number;
  readonly yaw?: number;
  /** It is reached within this distance; default the robot's own. [m] */ readonly tolerance?: number;
  /** Places to pass through on the way, in this order. */ readonly via?: readonly Via[];
};

/**
 * A copy of a grid with an obstacle in it: the cells whose centres lie within `radius` of a point, and at
 * least the one nearest to it.
 *
 * @param x [m] map frame
 * @param radius [m]
 */
export function occupyDisc(grid: OccupancyGrid, x: number, y: number, radius: number): OccupancyGrid {
  const cells = grid.cells.slice();
  const center = new Float64Array(2);
  const reach = Math.max(radius, 0.75 * grid.resolution);
  const [column, row] = worldToCell(grid, x, y, center);
  const around = reach / grid.resolution + 1; // [cells]
  const lastRow = Math.min(grid.height - 1, Math.ceil(row + around));
  const lastColumn = Math.min(grid.width - 1, Math.ceil(column + around));
  for (let j = Math.max(0, Math.floor(row - around)); j <= lastRow; j++) {
    for (let i = Math.max(0, Math.floor(column - around)); i <= lastColumn; i++) {
      cellCenter(grid, i, j, center);
      if (Math.hypot(center[0] - x, center[1] - y) <= reach) cells[j * grid.width + i] = 100;
    }
  }
  return { ...grid, cells };
}
