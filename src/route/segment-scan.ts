import type { Vec } from "../ocp/index.ts";
import { type CellField, cellDistance } from "./field-tiles.ts";

/**
 * Exact scan of the distance field along a segment, in lattice coordinates: (u, v) = (i, j) is the centre
 * of cell (column i, row j). Between four centres the interpolant is bilinear, so along a segment it is
 * a quadratic with its minimum in closed form; beyond the outermost centres it goes on as a constant, as
 * `distanceAt` does. Nothing is sampled: what passes here passes everywhere along the segment.
 *
 * @param ends (4) u and v where the segment begins, and where it ends
 * @param limit [m]
 * @param lowest (1) optional: the lowest distance up to where the scan ended [m]
 * @returns share t in [0, 1] of the segment where the distance first falls below `limit` (or is not a
 *   number), 2 if it never does
 */
export function scanSegment(field: CellField, ends: Vec, limit: number, lowest?: Vec): number {
  const { width, height } = field;
  const u0 = ends[0];
  const v0 = ends[1];
  const du = ends[2] - u0;
  const dv = ends[3] - v0;
  if (!Number.isFinite(du + dv)) return 0; // a point that is not a number is nowhere safe
  const stepU = du < 0 ? -1 : 1;
  const stepV = dv < 0 ? -1 : 1;
  // The patch the segment sets out into; on a lattice line that is the one ahead of it.
  let i = du < 0 ? Math.ceil(u0) - 1 : Math.floor(u0);
  let j = dv < 0 ? Math.ceil(v0) - 1 : Math.floor(v0);
  const perU = du === 0 ? Number.POSITIVE_INFINITY : Math.abs(1 / du);
  const perV = dv === 0 ? Number.POSITIVE_INFINITY : Math.abs(1 / dv);
  let nextU = du === 0 ? Number.POSITIVE_INFINITY : ((du < 0 ? i : i + 1) - u0) / du;
  let nextV = dv === 0 ? Number.POSITIVE_INFINITY : ((dv < 0 ? j : j + 1) - v0) / dv;
  let low = Number.POSITIVE_INFINITY;
  for (let t = 0; ; ) {
    const end = Math.min(nextU, nextV, 1);
    const left = Math.max(0, Math.min(width - 1, i));
    const right = Math.max(0, Math.min(width - 1, i + 1));
    const lower = Math.max(0, Math.min(height - 1, j));
    const upper = Math.max(0, Math.min(height - 1, j + 1));
    const d00 = cellDistance(field, left, lower);
    const slopeU = cellDistance(field, right, lower) - d00;
    const slopeV = cellDistance(field, left, upper) - d00;
    const twist = cellDistance(field, right, upper) - d00 - slopeU - slopeV;
    const a = u0 + t * du - i;
    const b = v0 + t * dv - j;
    // d = q0 + q1 tau + q2 tau^2 with tau from 0 to span
    const span = end - t;
    const q0 = d00 + slopeU * a + slopeV * b + twist * a * b;
    const q1 = slopeU * du + slopeV * dv + twist * (a * dv + b * du);
    const q2 = twist * du * dv;
    let least = Math.min(q0, q0 + span * (q1 + span * q2));
    const bottom = -q1 / (2 * q2);
    if (q2 > 0 && bottom > 0 && bottom < span) least = q0 + 0.5 * q1 * bottom;
    if (least < low) low = least;
    if (!(least >= limit)) {
      if (lowest !== undefined) lowest[0] = low;
      return t + firstCrossing(q0 - limit, q1, q2, span);
    }
    if (end >= 1) break;
    t = end;
    if (nextU <= end) {
      i += stepU;
      nextU += perU;
    }
    if (nextV <= end) {
      j += stepV;
      nextV += perV;
    }
  }
  if (lowest !== undefined) lowest[0] = low;
  return 2;
}

/** First tau in [0, span] with q0 + q1 tau + q2 tau^2 < 0, given that there is one. */
function firstCrossing(q0: number, q1: number, q2: number, span: number): number {
  if (!(q0 > 0)) return 0;
  const root = Math.sqrt(Math.max(0, q1 * q1 - 4 * q2 * q0));
  // The smaller positive root, in the form that does not cancel.
  const tau = q1 < 0 ? (2 * q0) / (-q1 + root) : (-q1 - root) / (2 * q2);
  return tau > 0 && tau < span ? tau : span;
}
