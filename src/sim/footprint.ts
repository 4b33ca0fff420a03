import { oncePer } from "../base/index.ts";
import { OCCUPIED, type OccupancyGrid, type Pose, worldToCell } from "./grid.ts";
import type { Footprint, Robot } from "./robot.ts";

/**
 * Distance from the robot's true polygon at a pose to the square of the nearest occupied cell (value
 * >= OCCUPIED), exact up to rounding and without a distance field. Unknown cells and everything outside
 * the grid count as free.
 *
 * Where polygon and square overlap or touch, the distance is 0: `footprintClearance(...) === 0` exactly
 * where {@link footprintContact} is true. A pose that is not finite counts as contact.
 *
 * @param pose of the body frame, map frame [m, m, rad]
 * @param maxRange stops looking there: the result is at most this [m]
 * @returns [m]; `maxRange` (Infinity by default) where nothing is nearer
 */
export function footprintClearance(
  robot: Robot,
  pose: Pose,
  grid: OccupancyGrid,
  maxRange = Number.POSITIVE_INFINITY,
): number {
  const p = placed(robot.footprint, pose, grid);
  if (p === undefined) return 0;
  const { width, height, resolution } = grid;
  const i0 = Math.ceil(p.minX) - 1;
  const i1 = Math.floor(p.maxX);
  const j0 = Math.ceil(p.minY) - 1;
  const j1 = Math.floor(p.maxY);
  let best = maxRange / resolution;
  // Rings of cells around the bounding box: those of ring k are at least k - 1 cells away.
  const first = Math.max(0, i0 - width + 1, -i1, j0 - height + 1, -j1);
  const last = Math.max(i0, width - 1 - i1, j0, height - 1 - j1);
  for (let k = first; k <= last && k - 1 < best; k++) {
    if (k === 0) best = scanCells(p, grid, i0, i1, j0, j1, best);
    else {
      best = scanCells(p, grid, i0 - k, i1 + k, j0 - k, j0 - k, best);
      best = scanCells(p, grid, i0 - k, i1 + k, j1 + k, j1 + k, best);
      best = scanCells(p, grid, i0 - k, i0 - k, j0 - k + 1, j1 + k - 1, best);
      best = scanCells(p, grid, i1 + k, i1 + k, j0 - k + 1, j1 + k - 1, best);
    }
    if (best <= 0) return 0;
  }
  return Math.min(best * resolution, maxRange);
}

/**
 * True where the robot's true polygon overlaps or touches the square of an occupied cell. Unknown cells
 * and everything outside the grid count as free; a pose that is not finite counts as contact.
 *
 * @param pose of the body frame, map frame [m, m, rad]
 */
export function footprintContact(robot: Robot, pose: Pose, grid: OccupancyGrid): boolean {
  const p = placed(robot.footprint, pose, grid);
  if (p === undefined) return true;
  const { cells, width, height } = grid;
  const i1 = Math.min(Math.floor(p.maxX), width - 1);
  const j1 = Math.min(Math.floor(p.maxY), height - 1);
  const i0 = Math.max(Math.ceil(p.minX) - 1, 0);
  for (let j = Math.max(Math.ceil(p.minY) - 1, 0); j <= j1; j++) {
    for (let i = i0; i <= i1; i++) {
      if (cells[j * width + i] >= OCCUPIED && gapTo(p, i, j) <= 0) return true;
    }
  }
  return false;
}

/** Largest distance of a corner from the body frame's origin: how far a turn can swing a point. [m] */
export function footprintReach({ footprint }: Robot): number {
  return reachOf(footprint);
}

const reachOf = oncePer((footprint: Footprint) => Math.max(...footprint.map(([x, y]) => Math.hypot(x, y))));

/**
 * A footprint placed on a grid, in cell coordinates, where a cell is the unit square [i, i + 1] x [j, j + 1].
 * Polygon and square are convex, so that they are apart exactly when some edge normal of either
 * separates them; the largest such gap is a lower bound of their distance.
 */
type PlacedFootprint = {
  readonly n: number;
  /** (n, 2) in the body frame. [m] */ readonly corners: Float64Array;
  /** (n + 1) corners, the first once more at the end. */ readonly vx: Float64Array;
  readonly vy: Float64Array;
  /** (n) unit outward edge normals. */ readonly nx: Float64Array;
  readonly ny: Float64Array;
  /** (n) normal . (i, j) - offset is the gap between an edge's line and the square of cell (i, j). */
  readonly offset: Float64Array;
  minX: number;
  maxX: number;
  minY: number;
  maxY: number;
};

const CELL = new Float64Array(2);

/** Places a footprint; undefined for a pose that is not finite. */
function placed(footprint: Footprint, pose: Pose, grid: OccupancyGrid): PlacedFootprint | undefined {
  const p = placeOf(footprint);
  return place(p, pose, grid) ? p : undefined;
}

/** One place, with its scratch, per footprint. */
const placeOf = oncePer((footprint: Footprint): PlacedFootprint => {
  const n = footprint.length;
  const zeros = (length: number): Float64Array => new Float64Array(length);
  return {
    n,
    corners: Float64Array.from(footprint.flat()),
    vx: zeros(n + 1),
    vy: zeros(n + 1),
    nx: zeros(n),
    ny: zeros(n),
    offset: zeros(n),
    minX: 0,
    maxX: 0,
    minY: 0,
    maxY: 0,
  };
});

function place(p: PlacedFootprint, pose: Pose, grid: OccupancyGrid): boolean {
  const { n, corners, vx, vy, nx, ny, offset } = p;
  const { origin, resolution } = grid;
  const [px, py] = worldToCell(grid, pose.x, pose.y, CELL);
  const c = Math.cos(pose.yaw - origin.yaw) / resolution;
  const s = Math.sin(pose.yaw - origin.yaw) / resolution;
  if (!Number.isFinite(px + py + c)) return false;
  p.minX = p.minY = Number.POSITIVE_INFINITY;
  p.maxX = p.maxY = Number.NEGATIVE_INFINITY;
  for (let e = 0; e < n; e++) {
    const x = px + c * corners[2 * e] - s * corners[2 * e + 1];
    const y = py + s * corners[2 * e] + c * corners[2 * e + 1];
    vx[e] = x;
    vy[e] = y;
    if (x < p.minX) p.minX = x;
    if (x > p.maxX) p.maxX = x;
    if (y < p.minY) p.minY = y;
    if (y > p.maxY) p.maxY = y;
  }
  vx[n] = vx[0];
  vy[n] = vy[0];
  for (let e = 0; e < n; e++) {
    const ex = vx[e + 1] - vx[e];
    const ey = vy[e + 1] - vy[e];
    const length = Math.sqrt(ex * ex + ey * ey);
    nx[e] = ey / length;
    ny[e] = -ex / length;
    offset[e] = nx[e] * vx[e] + ny[e] * vy[e] - Math.min(0, nx[e]) - Math.min(0, ny[e]);
  }
  return true;
}

/** Largest separation from a cell over all normals; <= 0 where they overlap or touch. [cells] */
function gapTo(p: PlacedFootprint, i: number, j: number): number {
  const { n, nx, ny, offset } = p;
  let gap = Math.max(i - p.maxX, p.minX - i - 1, j - p.maxY, p.minY - j - 1);
  for (let e = 0; e < n; e++) {
    const g = nx[e] * i + ny[e] * j - offset[e];
    if (g > gap) gap = g;
  }
  return gap;
}

/** Distance to a cell that is apart: from a corner of one to the other. [cells] */
function distanceTo({ n, vx, vy }: PlacedFootprint, i: number, j: number, gap: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let e = 0; e < n; e++) {
    const ax = vx[e];
    const ay = vy[e];
    const dx = Math.max(i - ax, 0, ax - i - 1);
    const dy = Math.max(j - ay, 0, ay - j - 1);
    best = Math.min(best, dx * dx + dy * dy);
    const ex = vx[e + 1] - ax;
    const ey = vy[e + 1] - ay;
    const squared = ex * ex + ey * ey;
    for (let corner = 0; corner < 4; corner++) {
      const qx = i + (corner & 1) - ax;
      const qy = j + (corner >> 1) - ay;
      const t = Math.min(1, Math.max(0, (qx * ex + qy * ey) / squared));
      const rx = qx - t * ex;
      const ry = qy - t * ey;
      best = Math.min(best, rx * rx + ry * ry);
    }
  }
  return Math.max(Math.sqrt(best), gap);
}

/**
 * The smaller of `best` and the distance to the occupied cells of columns i0..i1 and rows j0..j1, which may lie
 * outside of the grid. [cells]
 */
function scanCells(
  p: PlacedFootprint,
  { cells, width, height }: OccupancyGrid,
  i0: number,
  i1: number,
  j0: number,
  j1: number,
  best: number,
): number {
  const lastI = Math.min(i1, width - 1);
  const lastJ = Math.min(j1, height - 1);
  let nearest = best;
  for (let j = Math.max(j0, 0); j <= lastJ; j++) {
    for (let i = Math.max(i0, 0); i <= lastI; i++) {
      if (cells[j * width + i] < OCCUPIED) continue;
      const gap = gapTo(p, i, j);
      if (gap <= 0) return 0;
      if (gap < nearest) nearest = Math.min(nearest, distanceTo(p, i, j, gap));
    }
  }
  return nearest;
}
