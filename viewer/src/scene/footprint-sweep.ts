import { footprintContact, type OccupancyGrid, type Robot } from "../../../src/sim/index.ts";

/** (n, 2) corners of a robot's footprint, body frame. [m] */
export function footprintCorners(robot: Robot): Float64Array {
  return Float64Array.from(robot.footprint.flat());
}

/**
 * Writes the corners of a footprint at a pose.
 *
 * @param corners (n, 2) body frame [m]
 * @param out (n, 2) from `at` on
 */
export function placeCorners(
  corners: Float64Array,
  x: number,
  y: number,
  yaw: number,
  out: Float64Array,
  at = 0,
): void {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  for (let i = 0; i < corners.length; i += 2) {
    out[at + i] = x + c * corners[i] - s * corners[i + 1];
    out[at + i + 1] = y + s * corners[i] + c * corners[i + 1];
  }
}

/** Triangles that a part of a sweep takes: the footprint at either end and the ground its edges pass over. */
export function trianglesPerPart(corners: Float64Array): number {
  const n = corners.length / 2;
  return 2 * (n - 2) + 2 * n;
}

/**
 * Ground swept by a convex footprint between two poses, as triangles that may overlap: the footprint at both
 * ends, and a quad under each edge in between.
 *
 * @param corners (n, 2) body frame [m]
 * @param a (3) x, y, yaw from offset `ia` on
 * @param b (3) x, y, yaw from offset `ib` on
 * @param out (trianglesPerPart, 3, 2) from `at` on, less the origin
 * @returns numbers written
 */
export function sweepPart(
  corners: Float64Array,
  a: Float64Array,
  ia: number,
  b: Float64Array,
  ib: number,
  out: Float32Array,
  at: number,
  originX = 0,
  originY = 0,
): number {
  const m = corners.length;
  if (from.length < m) {
    from = new Float64Array(m);
    to = new Float64Array(m);
  }
  placeCorners(corners, a[ia] - originX, a[ia + 1] - originY, a[ia + 2], from);
  placeCorners(corners, b[ib] - originX, b[ib + 1] - originY, b[ib + 2], to);
  let n = at;
  const corner = (p: Float64Array, i: number): void => {
    out[n++] = p[i % m];
    out[n++] = p[(i + 1) % m];
  };
  for (let i = 2; i + 2 < m; i += 2) {
    corner(from, 0);
    corner(from, i);
    corner(from, i + 2);
    corner(to, 0);
    corner(to, i);
    corner(to, i + 2);
  }
  for (let i = 0; i < m; i += 2) {
    corner(from, i);
    corner(from, i + 2);
    corner(to, i + 2);
    corner(from, i);
    corner(to, i + 2);
    corner(to, i);
  }
  return n - at;
}
let from = new Float64Array(32);
let to = new Float64Array(32);

/** Where along a trajectory the footprint touches an obstacle. */
export type Collisions = {
  /** (N + 1) 1 where the footprint at the stage does. */ readonly stages: Uint8Array;
  /** (N) 1 where the way from stage k to k + 1 does: at either end or half way. */ readonly parts: Uint8Array;
  /** First stage or part that does; -1 for none. */ readonly first: number;
};

/**
 * Checks a trajectory's footprints against a map. States that are not finite are passed over.
 *
 * @param X (N + 1, nx) states, pose first
 */
export function findCollisions(robot: Robot, X: Float64Array, nx: number, grid: OccupancyGrid): Collisions {
  const count = Math.floor(X.length / nx);
  const stages = new Uint8Array(count);
  const parts = new Uint8Array(Math.max(0, count - 1));
  const touches = (x: number, y: number, yaw: number): boolean =>
    Number.isFinite(x + y + yaw) && footprintContact(robot, { x, y, yaw }, grid);
  let first = -1;
  for (let k = 0; k < count; k++) {
    const i = k * nx;
    stages[k] = touches(X[i], X[i + 1], X[i + 2]) ? 1 : 0;
    if (k > 0) {
      const h = i - nx;
      const between =
        stages[k - 1] === 1 ||
        stages[k] === 1 ||
        touches((X[h] + X[i]) / 2, (X[h + 1] + X[i + 1]) / 2, (X[h + 2] + X[i + 2]) / 2);
      parts[k - 1] = between ? 1 : 0;
      if (between && first < 0) first = k - 1;
    } else if (stages[0] === 1) first = 0;
  }
  return { stages, parts, first };
}
