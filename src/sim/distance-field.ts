import { check, checkLength, checkName } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { OCCUPIED, type OccupancyGrid, type Pose, pointToCell, validateFrame } from "./grid.ts";

/** Signed distance at the cell centres of a grid, in the grid's frame. */
export type DistanceField = {
  /** Number of columns. */ width: number;
  /** Number of rows. */ height: number;
  /** Side of a cell. [m] */ resolution: number;
  /** Pose of the corner of cell (0, 0) in the map frame. [m, m, rad] */ origin: Pose;
  /** (height, width) positive in free space, negative inside obstacles, always finite. [m] */
  distance: Float64Array;
};

/** How a distance field is computed. */
export type DistanceFieldOptions = {
  /** What a cell nobody has seen counts as. */
  readonly unknown?: "free" | "occupied";
  /** Distances are cut to +- this. > 0 [m] */
  readonly maxDistance?: number;
};

/** Defaults of {@link DistanceFieldOptions}. */
export const DISTANCE_FIELD_DEFAULTS = { unknown: "free", maxDistance: Number.POSITIVE_INFINITY } as const;

/** Buffers of one row, kept between calls: the transform is synchronous, so one set serves every caller. */
type Scratch = {
  /** (width) cells down to the next cell of the other kind, in the row at hand. */ above: Float64Array;
  /** (width) column distance squared, in the row at hand. [cells^2] */ g2: Float64Array;
  /** (width) columns of the envelope's parabolas. */ site: Int32Array;
  /** (width) their value at column 0, `g2 + site^2`. [cells^2] */ lift: Float64Array;
  /** (width + 1) where each parabola becomes the lowest. */ from: Float64Array;
};
let scratch = createScratch(256);

function createScratch(width: number): Scratch {
  return {
    above: new Float64Array(width),
    g2: new Float64Array(width),
    site: new Int32Array(width),
    lift: new Float64Array(width),
    from: new Float64Array(width + 1),
  };
}

/**
 * Exact signed Euclidean distance transform of a grid:
 *
 *     d(c) = + (min over occupied centres |c - o| - resolution / 2)   c free
 *     d(c) = - (min over free centres     |c - f| - resolution / 2)   c occupied
 *
 * so that d = 0 on the edge between two neighbours. Nothing is assumed outside the grid, and a grid of
 * one kind of cells has the length of its diagonal everywhere, with its sign.
 *
 * Both signs cost one transform: within a row, a run of equal cells ends at cells of the other kind,
 * whose parabolas have height 0 and hide everything behind them. So each run has a lower envelope of
 * its own, over itself and its two ends, and each cell takes part in one envelope only.
 *
 * @param out a field to overwrite; nothing is allocated if it has as many cells as the grid
 * @returns out, or a new field
 * @throws ConfigError or ShapeError for a malformed grid
 *
 * Source: Felzenszwalb, Huttenlocher, "Distance Transforms of Sampled Functions", 2012, algorithm 1;
 * column scan as in Meijster, Roerdink, Hesselink, 2000.
 */
export function computeDistanceField(
  grid: OccupancyGrid,
  options: DistanceFieldOptions = DISTANCE_FIELD_DEFAULTS,
  out?: DistanceField,
): DistanceField {
  validateFrame(grid);
  const { width, height, resolution, cells } = grid;
  checkLength("grid.cells", cells.length, width * height, "width*height");
  const unknown = options.unknown ?? DISTANCE_FIELD_DEFAULTS.unknown;
  const maxDistance = options.maxDistance ?? DISTANCE_FIELD_DEFAULTS.maxDistance;
  checkName("unknown", unknown, ["free", "occupied"]);
  check("maxDistance", maxDistance, maxDistance > 0, "a number > 0 [m]");
  const field = prepareField(grid, out);
  if (scratch.g2.length < width) scratch = createScratch(width);
  const { above, g2 } = scratch;
  const kind = unknown === "occupied" ? KIND_UNKNOWN_OCCUPIED : KIND_UNKNOWN_FREE;
  const d = field.distance;
  const none = width + height; // further than any pair of cells
  const cap = Math.min(maxDistance, Math.hypot(width, height) * resolution);

  // Column distance to the next cell of the other kind below, kept in d.
  for (let i = 0; i < width; i++) d[i] = none;
  for (let c = width; c < d.length; c++) {
    d[c] = kind[cells[c] & 255] === kind[cells[c - width] & 255] ? d[c - width] + 1 : 1;
  }
  // Downwards: the same above, then the envelopes of the row.
  above.fill(none, 0, width);
  for (let base = (height - 1) * width; base >= 0; base -= width) {
    if (base + width < d.length) {
      for (let i = 0, c = base; i < width; i++, c++) {
        above[i] = kind[cells[c] & 255] === kind[cells[c + width] & 255] ? above[i] + 1 : 1;
      }
    }
    for (let i = 0; i < width; i++) {
      const g = Math.min(d[base + i], above[i]);
      g2[i] = g * g;
    }
    for (let first = 0; first < width; ) {
      const occupied = kind[cells[base + first] & 255];
      let end = first + 1;
      while (end < width && kind[cells[base + end] & 255] === occupied) end++;
      writeRun(d, base, first, end, width, occupied === 1 ? -resolution : resolution, cap);
      first = end;
    }
  }
  return field;
}

/** 1 for an obstacle, by the cell's byte. */
const KIND_UNKNOWN_FREE = Uint8Array.from({ length: 256 }, (_, b) => (b >= OCCUPIED && b < 128 ? 1 : 0));
const KIND_UNKNOWN_OCCUPIED = Uint8Array.from({ length: 256 }, (_, b) => (b >= OCCUPIED ? 1 : 0));

function prepareField(grid: OccupancyGrid, out: DistanceField | undefined): DistanceField {
  const { width, height, resolution, origin } = grid;
  const size = width * height;
  if (out === undefined) return { width, height, resolution, origin, distance: new Float64Array(size) };
  if (out.distance.length !== size) out.distance = new Float64Array(size);
  out.width = width;
  out.height = height;
  out.resolution = resolution;
  out.origin = origin;
  return out;
}

/**
 * Distances of the run [first, end) of equal cells in one row, from the lower envelope of
 * `(q - site)^2 + g2[site]` over the run and the cell of the other kind at each of its ends.
 */
function writeRun(
  d: Float64Array,
  base: number,
  first: number,
  end: number,
  width: number,
  scale: number,
  cap: number,
): void {
  const { g2, site, lift, from } = scratch;
  const last = end < width ? end : end - 1;
  let q = first > 0 ? first - 1 : 0;
  let n = 0;
  site[0] = q;
  lift[0] = q * q + (q < first ? 0 : g2[q]);
  from[0] = Number.NEGATIVE_INFINITY;
  for (q++; q <= last; q++) {
    const f = q * q + (q < end ? g2[q] : 0);
    while (f - lift[n] <= 2 * (q - site[n]) * from[n]) n--;
    const start = (f - lift[n]) / (2 * (q - site[n]));
    n++;
    site[n] = q;
    lift[n] = f;
    from[n] = start;
  }
  from[n + 1] = Number.POSITIVE_INFINITY;
  const sign = scale < 0 ? -1 : 1;
  const resolution = Math.abs(scale);
  for (let k = 0, p = first; p < end; p++) {
    while (from[k + 1] < p) k++;
    const squared = p * (p - 2 * site[k]) + lift[k];
    d[base + p] = sign * Math.min((Math.sqrt(squared) - 0.5) * resolution, cap);
  }
}

/**
 * Bilinear interpolation of the field between cell centres. A point beyond the outermost centres
 * has the value of the nearest point on them, so outside the grid the distance goes on as a constant.
 *
 * @param x map frame [m]
 * @param y map frame [m]
 * @returns signed distance [m]; NaN for NaN
 */
export function distanceAt(field: DistanceField, x: number, y: number): number {
  POINT[0] = x;
  POINT[1] = y;
  distancesAt(field, POINT, 1, VALUE);
  return VALUE[0];
}

/**
 * {@link distanceAt} of n points. Arrays are all that it takes: numbers that one function hands another are allocated, in a
 * tick some thousand of them.
 *
 * @param points (n, 2) map frame [m]
 * @param out (n) signed distances [m]
 */
export function distancesAt(field: DistanceField, points: Vec, n: number, out: Vec): void {
  for (let i = 0; i < n; i++) {
    pointToCell(field, points, i, CELL);
    interpolate(field, out, i);
  }
}

/**
 * {@link distanceAt} of a point whose place in the grid is known.
 *
 * @param column [cells] from the grid's corner, as `worldToCell` gives it
 * @param row [cells]
 * @returns signed distance [m]; NaN for NaN
 */
export function distanceAtCell(field: DistanceField, column: number, row: number): number {
  CELL[0] = column;
  CELL[1] = row;
  interpolate(field, VALUE, 0);
  return VALUE[0];
}

const POINT = new Float64Array(2);
const CELL = new Float64Array(2);
const VALUE = new Float64Array(1);

/** Writes the interpolated distance at `CELL` into out_n. */
function interpolate({ width, height, distance }: DistanceField, out: Vec, n: number): void {
  const column = CELL[0];
  const row = CELL[1];
  const u = column < 0.5 ? 0 : column > width - 0.5 ? width - 1 : column - 0.5;
  const v = row < 0.5 ? 0 : row > height - 0.5 ? height - 1 : row - 0.5;
  const i = u < width - 2 ? u | 0 : width > 1 ? width - 2 : 0;
  const j = v < height - 2 ? v | 0 : height > 1 ? height - 2 : 0;
  const a = u - i;
  const b = v - j;
  const c = j * width + i;
  const right = width > 1 ? 1 : 0;
  const up = height > 1 ? width : 0;
  const below = (1 - a) * distance[c] + a * distance[c + right];
  const above = (1 - a) * distance[c + up] + a * distance[c + up + right];
  out[n] = (1 - b) * below + b * above;
}

/**
 * Value and exact gradient of the bilinear interpolant of {@link distanceAt}. The gradient jumps at the
 * lines through the cell centres; outside the grid its component across the border is 0.
 *
 * @param x map frame [m]
 * @param y map frame [m]
 * @param out (2) d/dx, d/dy in the map frame [-]
 * @returns signed distance [m]
 */
export function distanceGradientAt(field: DistanceField, x: number, y: number, out: Vec): number {
  POINT[0] = x;
  POINT[1] = y;
  distanceGradientsAt(field, POINT, 1, VALUE, out);
  return VALUE[0];
}

/**
 * {@link distanceGradientAt} of n points, as {@link distancesAt}.
 *
 * @param points (n, 2) map frame [m]
 * @param values (n) signed distances [m]
 * @param gradients (n, 2) in the map frame [-]
 */
export function distanceGradientsAt(
  field: DistanceField,
  points: Vec,
  n: number,
  values: Vec,
  gradients: Vec,
): void {
  for (let i = 0; i < n; i++) {
    pointToCell(field, points, i, CELL);
    slopeAtCell(field, values, gradients, i);
    if (field.origin.yaw !== 0) turnGradient(field.origin.yaw, gradients, i);
  }
}

/** Writes value and gradient at `CELL`, in the grid's axes, into those numbered n. */
function slopeAtCell(
  { width, height, resolution, distance }: DistanceField,
  values: Vec,
  gradients: Vec,
  n: number,
): void {
  let u = CELL[0] - 0.5;
  let v = CELL[1] - 0.5;
  let slopeX = 1 / resolution;
  let slopeY = slopeX;
  if (u < 0 || u > width - 1) {
    u = u < 0 ? 0 : width - 1;
    slopeX = 0;
  }
  if (v < 0 || v > height - 1) {
    v = v < 0 ? 0 : height - 1;
    slopeY = 0;
  }
  const i = Math.min(Math.trunc(u), Math.max(width - 2, 0)) | 0;
  const j = Math.min(Math.trunc(v), Math.max(height - 2, 0)) | 0;
  const a = u - i;
  const b = v - j;
  const c = j * width + i;
  const right = width > 1 ? 1 : 0;
  const up = height > 1 ? width : 0;
  const d00 = distance[c];
  const d10 = distance[c + right];
  const d01 = distance[c + up];
  const d11 = distance[c + up + right];
  gradients[2 * n] = slopeX * ((1 - b) * (d10 - d00) + b * (d11 - d01));
  gradients[2 * n + 1] = slopeY * ((1 - a) * (d01 - d00) + a * (d11 - d10));
  values[n] = (1 - b) * ((1 - a) * d00 + a * d10) + b * ((1 - a) * d01 + a * d11);
}

/** Turns gradient n from the grid's axes to the map frame: g = R(yaw) g. */
export function turnGradient(yaw: number, gradients: Vec, n: number): void {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  const gx = gradients[2 * n];
  const gy = gradients[2 * n + 1];
  gradients[2 * n] = c * gx - s * gy;
  gradients[2 * n + 1] = s * gx + c * gy;
}
