import type { Vec } from "../ocp/index.ts";
import { type ClearanceCost, clearanceCost } from "./clearance-cost.ts";
import { type CellField, cellDistance } from "./field-tiles.ts";
import { addPoint, copyLine, type Polyline } from "./polyline.ts";
import { scanSegment } from "./segment-scan.ts";

/** A shortcut over cells spans at most this far along the way; corners are few enough to need no limit. [m] */
const SHORTCUT_SPAN = 6;
/** After this many steps along the way without a legal shortcut, the last legal one is taken. */
const SHORTCUT_PATIENCE = 12;
/** A shortcut may cost this much more than what it replaces: it has fewer corners. */
const SHORTCUT_COST = 1.002;
/** Spacings of the smoothing passes, coarse to fine. [m] */
const SMOOTH_SPACINGS = [0.2, 0.1, 0.05];
const SMOOTH_PASSES = 10;

/**
 * Replaces pieces of a way by straight lines, where the line keeps the clearance all along and costs no
 * more than the piece: a way that keeps its distance is not pulled tight around corners.
 *
 * @param span longest piece that is replaced: the work grows with its square [m]
 * @param from lattice coordinates [cells]
 * @param to overwritten with the corners that remain; another list than `from`
 */
function shortcut(field: CellField, cost: ClearanceCost, span: number, from: Polyline, to: Polyline): void {
  const p = from.points;
  const longest = span / field.resolution;
  to.n = 0;
  addPoint(to, p[0], p[1]);
  for (let a = 0; a < from.n - 1; ) {
    let best = a + 1;
    let along = 0;
    let paid = 0;
    for (let b = a + 1; b < from.n; b++) {
      along += Math.hypot(p[2 * b] - p[2 * b - 2], p[2 * b + 1] - p[2 * b - 1]);
      paid += lineCost(field, cost, p[2 * b - 2], p[2 * b - 1], p[2 * b], p[2 * b + 1]);
      if (b === a + 1) continue;
      if (along > longest || b - best > SHORTCUT_PATIENCE) break;
      const limit = paid * SHORTCUT_COST + 1e-9;
      if (Math.hypot(p[2 * b] - p[2 * a], p[2 * b + 1] - p[2 * a + 1]) > limit) continue;
      if (lineCost(field, cost, p[2 * a], p[2 * a + 1], p[2 * b], p[2 * b + 1]) > limit) continue;
      if (!isClear(field, cost.radius, p[2 * a], p[2 * a + 1], p[2 * b], p[2 * b + 1])) continue;
      best = b;
    }
    addPoint(to, p[2 * best], p[2 * best + 1]);
    a = best;
  }
}

/**
 * Replaces pieces of a way by straight lines in three rounds: over its cells, over points 0.1 m apart on
 * what is left (so that a line may begin between two cells), over the corners of that.
 *
 * @param line lattice coordinates; overwritten [cells]
 * @param scratch overwritten; another list than `line`
 */
export function straighten(field: CellField, cost: ClearanceCost, line: Polyline, scratch: Polyline): void {
  shortcut(field, cost, SHORTCUT_SPAN, line, scratch);
  resample(field, cost.radius, 0.1 / field.resolution, scratch, line);
  shortcut(field, cost, SHORTCUT_SPAN, line, scratch);
  shortcut(field, cost, Number.POSITIVE_INFINITY, scratch, line);
}

/** Cost of a straight line: c(d) summed at the middles of pieces no longer than a cell. [cells] */
function lineCost(
  field: CellField,
  cost: ClearanceCost,
  u0: number,
  v0: number,
  u1: number,
  v1: number,
): number {
  const length = Math.hypot(u1 - u0, v1 - v0);
  const pieces = Math.ceil(length);
  let sum = 0;
  for (let n = 0; n < pieces; n++) {
    const t = (n + 0.5) / pieces;
    sum += clearanceCost(cost, distanceOnLattice(field, u0 + t * (u1 - u0), v0 + t * (v1 - v0)));
  }
  return pieces > 0 ? (sum * length) / pieces : 0;
}

/** The bilinear distance at lattice coordinates, as `distanceAt`. */
function distanceOnLattice(field: CellField, u: number, v: number): number {
  const { width, height } = field;
  const i = Math.max(0, Math.min(width - 2, Math.floor(u)));
  const j = Math.max(0, Math.min(height - 2, Math.floor(v)));
  const a = Math.max(0, Math.min(1, u - i));
  const b = Math.max(0, Math.min(1, v - j));
  const right = width > 1 ? i + 1 : i;
  const up = height > 1 ? j + 1 : j;
  const d00 = cellDistance(field, i, j);
  const d01 = cellDistance(field, i, up);
  const low = d00 + a * (cellDistance(field, right, j) - d00);
  const high = d01 + a * (cellDistance(field, right, up) - d01);
  return low + b * (high - low);
}

/**
 * Rounds the corners of a way: passes of (1, 2, 1) / 4 over points 0.2, 0.1 and 0.05 m apart. A point
 * moves only if both its lines keep the clearance, and if it comes no nearer to an obstacle than it was,
 * or than `comfortable`. The ends stay.
 *
 * @param line lattice coordinates; overwritten [cells]
 * @param scratch overwritten; another list than `line`
 * @param comfortable distance to obstacles beyond which a point moves freely [m]
 */
export function smooth(
  field: CellField,
  radius: number,
  comfortable: number,
  line: Polyline,
  scratch: Polyline,
): void {
  for (const spacing of SMOOTH_SPACINGS) {
    resample(field, radius, spacing / field.resolution, line, scratch);
    copyLine(scratch, line);
    for (let n = 0; n < SMOOTH_PASSES; n++) smoothOnce(field, radius, comfortable, line);
  }
}

const ends = new Float64Array(4);

function smoothOnce(field: CellField, radius: number, comfortable: number, line: Polyline): void {
  const p = line.points;
  for (let k = 1; k < line.n - 1; k++) {
    const u = p[2 * k];
    const v = p[2 * k + 1];
    ends[0] = (p[2 * k - 2] + 2 * u + p[2 * k + 2]) / 4;
    ends[1] = (p[2 * k - 1] + 2 * v + p[2 * k + 3]) / 4;
    const d = distanceOnLattice(field, ends[0], ends[1]);
    if (d < comfortable && d < distanceOnLattice(field, u, v)) continue;
    if (!lineKeeps(field, radius, d, p, k - 1) || !lineKeeps(field, radius, d, p, k + 1)) continue;
    p[2 * k] = ends[0];
    p[2 * k + 1] = ends[1];
  }
}

/**
 * Whether the line from the first of `ends`, where the distance is d, to point k keeps the clearance: the field's slope is
 * <= sqrt 2.
 */
function lineKeeps(field: CellField, radius: number, d: number, points: Vec, k: number): boolean {
  ends[2] = points[2 * k];
  ends[3] = points[2 * k + 1];
  const du = ends[2] - ends[0];
  const dv = ends[3] - ends[1];
  const reach = Math.SQRT2 * field.resolution * Math.sqrt(du * du + dv * dv);
  return d - reach >= radius || scanSegment(field, ends, radius) > 1;
}

/** Whether a line keeps the clearance all along. */
function isClear(field: CellField, radius: number, u0: number, v0: number, u1: number, v1: number): boolean {
  ends[0] = u0;
  ends[1] = v0;
  ends[2] = u1;
  ends[3] = v1;
  return scanSegment(field, ends, radius) > 1;
}

/**
 * Points at equal distances along a polyline, and its ends. Where the chord between two of them would
 * leave the clearance, the corners it cuts are kept too.
 *
 * @param spacing distance between points, the last piece excepted [cells]
 */
export function resample(
  field: CellField,
  radius: number,
  spacing: number,
  from: Polyline,
  to: Polyline,
): void {
  const p = from.points;
  to.n = 0;
  addPoint(to, p[0], p[1]);
  let length = 0;
  for (let k = 1; k < from.n; k++) length += Math.hypot(p[2 * k] - p[2 * k - 2], p[2 * k + 1] - p[2 * k - 1]);
  const pieces = Math.max(1, Math.ceil(length / spacing - 1e-6));
  const step = length / pieces;
  let passed = 1; // first corner beyond the last point
  let behind = 0; // length up to corner passed - 1
  for (let n = 1; n <= pieces; n++) {
    const first = passed;
    let ahead = Math.hypot(p[2 * passed] - p[2 * passed - 2], p[2 * passed + 1] - p[2 * passed - 1]);
    while (passed < from.n - 1 && behind + ahead < n * step - 1e-9) {
      behind += ahead;
      passed++;
      ahead = Math.hypot(p[2 * passed] - p[2 * passed - 2], p[2 * passed + 1] - p[2 * passed - 1]);
    }
    const t = ahead > 0 ? Math.min(1, Math.max(0, (n * step - behind) / ahead)) : 1;
    const u = n === pieces ? p[2 * from.n - 2] : p[2 * passed - 2] + t * (p[2 * passed] - p[2 * passed - 2]);
    const v =
      n === pieces ? p[2 * from.n - 1] : p[2 * passed - 1] + t * (p[2 * passed + 1] - p[2 * passed - 1]);
    const last = to.n - 1;
    const cuts = passed > first;
    if (cuts && !isClear(field, radius, to.points[2 * last], to.points[2 * last + 1], u, v)) {
      for (let k = first; k < passed; k++) addPoint(to, p[2 * k], p[2 * k + 1]);
    }
    addPoint(to, u, v);
  }
}
