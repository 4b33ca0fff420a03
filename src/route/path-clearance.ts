import { type DistanceField, worldToCell } from "../sim/index.ts";
import { type Path, segmentAt } from "./path.ts";
import { scanSegment } from "./segment-scan.ts";

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
  for (let k = segmentAt(path, first); path.s[k] <= last && first <= last; k++) {
    const at = blockedInSegment(path, field, radius, k, first, last);
    if (at >= 0) return at;
    if (k + 2 >= path.s.length) break;
  }
  return -1;
}

const cell = new Float64Array(2);

/** {@link pathBlocked} on the part of segment k within [first, last]. */
function blockedInSegment(
  path: Path,
  field: DistanceField,
  radius: number,
  k: number,
  first: number,
  last: number,
): number {
  const { points, s } = path;
  const next = Math.min(k + 1, s.length - 1);
  const span = s[next] - s[k];
  let t0 = span > 0 ? Math.max(0, (first - s[k]) / span) : 0;
  let t1 = span > 0 ? Math.min(1, (last - s[k]) / span) : 0;
  worldToCell(field, points[2 * k], points[2 * k + 1], cell);
  const a = cell[0] - 0.5;
  const b = cell[1] - 0.5;
  worldToCell(field, points[2 * next], points[2 * next + 1], cell);
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
  const t = scanSegment(field, a + t0 * da, b + t0 * db, a + t1 * da, b + t1 * db, radius);
  return t > 1 ? -1 : s[k] + (t0 + t * (t1 - t0)) * span;
}
