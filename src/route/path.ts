import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { type DistanceField, pointToCell } from "../sim/index.ts";
import { scanSegment } from "./segment-scan.ts";

/** A way to drive along: a polyline in the map frame with at least one point. */
export type Path = {
  /** (n, 2) x, y, map frame [m] */ readonly points: Vec;
  /** (n) arc length from the first point, never falling [m] */ readonly s: Vec;
  /** (n) heading of the robot: the direction of travel, but on pieces driven backwards [rad] */ readonly yaw: Vec;
  /** Arc length of the last point. [m] */ readonly length: number;
  /** Parts between changes of direction, in order; without them one that is driven forwards. */
  readonly pieces?: readonly PathPiece[];
};

/** A part of a path that is driven in one direction. */
export type PathPiece = {
  /** Arc lengths of its ends. [m] */ readonly from: number;
  readonly to: number;
  /** Backwards -1. */ readonly direction: 1 | -1;
};

/** Span over which the direction of a path is taken. [m] */
const YAW_SPAN = 0.1;

/**
 * Makes a path of points: arc lengths, and directions as chords over 0.1 m centred at each point.
 *
 * @param points (n, 2) with n >= 1, map frame [m]; kept, not copied
 */
export function createPath(points: Vec): Path {
  const n = points.length / 2;
  const s = new Float64Array(n);
  for (let k = 1; k < n; k++) {
    s[k] = s[k - 1] + Math.hypot(points[2 * k] - points[2 * k - 2], points[2 * k + 1] - points[2 * k - 1]);
  }
  const path: Path = { points, s, yaw: new Float64Array(n), length: s[n - 1] };
  const behind = new Float64Array(3);
  const ahead = new Float64Array(3);
  let yaw = 0;
  for (let k = 0; k < n; k++) {
    pathPoseAt(path, s[k] - YAW_SPAN / 2, behind);
    pathPoseAt(path, s[k] + YAW_SPAN / 2, ahead);
    const dx = ahead[0] - behind[0];
    const dy = ahead[1] - behind[1];
    if (dx !== 0 || dy !== 0) yaw = Math.atan2(dy, dx);
    path.yaw[k] = yaw;
  }
  return path;
}

/**
 * Pose of a path at an arc length: linear between points, the yaw along the shorter arc.
 *
 * @param s arc length, cut to [0, length] [m]
 * @param out (3) x, y, yaw in [-pi, pi] [m, m, rad]
 * @returns out
 */
export function pathPoseAt(path: Path, s: number, out: Vec): Vec {
  const { points, yaw } = path;
  const k = segmentAt(path, s);
  const next = Math.min(k + 1, yaw.length - 1);
  const span = path.s[next] - path.s[k];
  const t = span > 0 ? Math.max(0, Math.min(1, (s - path.s[k]) / span)) : 0;
  out[0] = points[2 * k] + t * (points[2 * next] - points[2 * k]);
  out[1] = points[2 * k + 1] + t * (points[2 * next + 1] - points[2 * k + 1]);
  out[2] = wrapAngle(yaw[k] + t * wrapAngle(yaw[next] - yaw[k]));
  return out;
}

/**
 * Arc length of the point of a path nearest to (x, y), exact over the segments, the first of equals.
 *
 * @param from search from this arc length on [m]
 * @param window and for this length [m]; with both, a path that comes near itself is followed in order
 * @returns arc length in [from, from + window] cut to [0, length]; `from` where x or y is NaN [m]
 */
export function nearestOnPath(
  path: Path,
  x: number,
  y: number,
  from = 0,
  window = Number.POSITIVE_INFINITY,
): number {
  const { points, s, length } = path;
  const first = Math.max(0, Math.min(length, from));
  const last = Math.max(first, Math.min(length, from + window));
  let best = first;
  let bestSquared = Number.POSITIVE_INFINITY;
  for (let k = segmentAt(path, first); k + 1 < s.length && s[k] <= last; k++) {
    const span = s[k + 1] - s[k];
    if (span === 0) continue;
    const dx = points[2 * k + 2] - points[2 * k];
    const dy = points[2 * k + 3] - points[2 * k + 1];
    const along = ((x - points[2 * k]) * dx + (y - points[2 * k + 1]) * dy) / span;
    const at = Math.max(first, s[k], Math.min(last, s[k + 1], s[k] + along));
    const t = (at - s[k]) / span;
    const ex = points[2 * k] + t * dx - x;
    const ey = points[2 * k + 1] + t * dy - y;
    const squared = ex * ex + ey * ey;
    if (squared < bestSquared) {
      bestSquared = squared;
      best = at;
    }
  }
  return best;
}

/** The segment that contains an arc length: the last k <= n - 2 with s[k] <= it; 0 on a single point. */
export function segmentAt(path: Path, s: number): number {
  let low = 0;
  let high = Math.max(0, path.s.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (path.s[middle] <= s) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The part of a path between two arc lengths, from the last point before it to the first behind it.
 *
 * @returns (n, 2) points and (n) headings
 */
export function pathBetween(
  path: Path,
  from: number,
  to: number,
): { points: Float64Array; yaw: Float64Array } {
  const n = path.s.length;
  let first = 0;
  while (first + 1 < n && path.s[first + 1] <= from) first++;
  let last = first;
  while (last + 1 < n && path.s[last] < to) last++;
  return { points: path.points.slice(2 * first, 2 * (last + 1)), yaw: path.yaw.slice(first, last + 1) };
}

/**
 * Arc length where a path first comes nearer than `radius` to an obstacle, exact for the interpolated
 * field (`distanceAt`). What lies outside the field's grid is not judged.
 *
 * @param radius clearance that the path must have [m]
 * @param fromS first arc length to look at [m]
 * @param toS last arc length to look at [m]
 * @returns arc length in [fromS, toS], -1 where nothing is in the way [m]
 */
export function pathBlocked(
  path: Path,
  field: DistanceField,
  radius: number,
  fromS = 0,
  toS = path.length,
): number {
  const first = Math.max(0, Math.min(path.length, fromS));
  const last = Math.min(path.length, toS);
  const looked = { radius, first, last };
  for (let k = segmentAt(path, first); path.s[k] <= last && first <= last; k++) {
    const at = blockedInSegment(path, field, k, looked);
    if (at >= 0) return at;
    if (k + 2 >= path.s.length) break;
  }
  return -1;
}

const cell = new Float64Array(2);
const ends = new Float64Array(4);

/** {@link pathBlocked} on the part of segment k within [first, last]. */
function blockedInSegment(
  path: Path,
  field: DistanceField,
  k: number,
  { radius, first, last }: { readonly radius: number; readonly first: number; readonly last: number },
): number {
  const { points, s } = path;
  const next = Math.min(k + 1, s.length - 1);
  const span = s[next] - s[k];
  let t0 = span > 0 ? Math.max(0, (first - s[k]) / span) : 0;
  let t1 = span > 0 ? Math.min(1, (last - s[k]) / span) : 0;
  pointToCell(field, points, k, cell);
  const a = cell[0] - 0.5;
  const b = cell[1] - 0.5;
  pointToCell(field, points, next, cell);
  const da = cell[0] - 0.5 - a;
  const db = cell[1] - 0.5 - b;
  // Cut to the grid, edge to edge (Liang and Barsky).
  for (let side = 0; side < 4; side++) {
    const position = side < 2 ? a : b;
    const slope = side < 2 ? da : db;
    const edge = (side < 2 ? field.width : field.height) - 0.5;
    const outward = side % 2 === 0 ? -slope : slope;
    const inside = side % 2 === 0 ? position + 0.5 : edge - position;
    if (outward === 0) {
      if (inside < 0) return -1;
    } else if (outward > 0) t1 = Math.min(t1, inside / outward);
    else t0 = Math.max(t0, inside / outward);
  }
  if (!(t0 <= t1)) return -1;
  ends[0] = a + t0 * da;
  ends[1] = b + t0 * db;
  ends[2] = a + t1 * da;
  ends[3] = b + t1 * db;
  const t = scanSegment(field, ends, radius);
  return t > 1 ? -1 : s[k] + (t0 + t * (t1 - t0)) * span;
}
