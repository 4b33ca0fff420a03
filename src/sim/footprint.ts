import { OCCUPIED, type OccupancyGrid, type Pose } from "./grid.ts";
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
  return probeOf(robot.footprint).clearance(pose, grid, maxRange);
}

/**
 * True where the robot's true polygon overlaps or touches the square of an occupied cell. Unknown cells
 * and everything outside the grid count as free; a pose that is not finite counts as contact.
 *
 * @param pose of the body frame, map frame [m, m, rad]
 */
export function footprintContact(robot: Robot, pose: Pose, grid: OccupancyGrid): boolean {
  return probeOf(robot.footprint).contact(pose, grid);
}

/** Largest distance of a corner from the body frame's origin: how far a turn can swing a point. [m] */
export function footprintReach(robot: Robot): number {
  return Math.max(...robot.footprint.map(([x, y]) => Math.hypot(x, y)));
}

type Probe = {
  clearance(pose: Pose, grid: OccupancyGrid, maxRange: number): number;
  contact(pose: Pose, grid: OccupancyGrid): boolean;
};

/** One probe, with its scratch, per footprint. */
const probes = new WeakMap<Footprint, Probe>();

function probeOf(footprint: Footprint): Probe {
  let probe = probes.get(footprint);
  if (probe === undefined) {
    probe = createProbe(footprint);
    probes.set(footprint, probe);
  }
  return probe;
}

/**
 * Everything below is in cell coordinates, where a cell is the unit square [i, i + 1] x [j, j + 1].
 * Polygon and square are convex, so that they are apart exactly when some edge normal of either
 * separates them; the largest such gap is a lower bound of their distance.
 */
function createProbe(footprint: Footprint): Probe {
  const n = footprint.length;
  const corners = Float64Array.from(footprint.flat());
  // Corners, unit outward edge normals, and for each edge the offset with which
  // normal . (i, j) - offset is the gap between the edge's line and the square of cell (i, j).
  const vx = new Float64Array(n + 1);
  const vy = new Float64Array(n + 1);
  const nx = new Float64Array(n);
  const ny = new Float64Array(n);
  const offset = new Float64Array(n);
  let minX = 0;
  let maxX = 0;
  let minY = 0;
  let maxY = 0;

  const place = (pose: Pose, grid: OccupancyGrid): boolean => {
    const { origin, resolution } = grid;
    const co = Math.cos(origin.yaw);
    const so = Math.sin(origin.yaw);
    const dx = (pose.x - origin.x) / resolution;
    const dy = (pose.y - origin.y) / resolution;
    const px = co * dx + so * dy;
    const py = co * dy - so * dx;
    const c = Math.cos(pose.yaw - origin.yaw) / resolution;
    const s = Math.sin(pose.yaw - origin.yaw) / resolution;
    if (!Number.isFinite(px + py + c)) return false;
    minX = minY = Number.POSITIVE_INFINITY;
    maxX = maxY = Number.NEGATIVE_INFINITY;
    for (let e = 0; e < n; e++) {
      const x = px + c * corners[2 * e] - s * corners[2 * e + 1];
      const y = py + s * corners[2 * e] + c * corners[2 * e + 1];
      vx[e] = x;
      vy[e] = y;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
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
  };

  /** Largest separation over all normals; <= 0 where they overlap or touch. [cells] */
  const gapTo = (i: number, j: number): number => {
    let gap = Math.max(i - maxX, minX - i - 1, j - maxY, minY - j - 1);
    for (let e = 0; e < n; e++) {
      const g = nx[e] * i + ny[e] * j - offset[e];
      if (g > gap) gap = g;
    }
    return gap;
  };

  /** Distance to a square that is apart: from a corner of one to the other. [cells] */
  const distanceTo = (i: number, j: number, gap: number): number => {
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
  };

  /** The smaller of `best` and the distance to the occupied cells of one row, columns i0..i1. */
  const scanRow = (grid: OccupancyGrid, j: number, i0: number, i1: number, best: number): number => {
    if (j < 0 || j >= grid.height) return best;
    const { cells, width } = grid;
    const last = Math.min(i1, width - 1);
    let nearest = best;
    for (let i = Math.max(i0, 0); i <= last; i++) {
      if (cells[j * width + i] >= OCCUPIED) nearest = visit(i, j, nearest);
    }
    return nearest;
  };

  const scanColumn = (grid: OccupancyGrid, i: number, j0: number, j1: number, best: number): number => {
    if (i < 0 || i >= grid.width) return best;
    const { cells, width } = grid;
    const last = Math.min(j1, grid.height - 1);
    let nearest = best;
    for (let j = Math.max(j0, 0); j <= last; j++) {
      if (cells[j * width + i] >= OCCUPIED) nearest = visit(i, j, nearest);
    }
    return nearest;
  };

  const visit = (i: number, j: number, best: number): number => {
    const gap = gapTo(i, j);
    if (gap <= 0) return 0;
    return gap >= best ? best : Math.min(best, distanceTo(i, j, gap));
  };

  return {
    contact(pose, grid) {
      if (!place(pose, grid)) return true;
      const { cells, width, height } = grid;
      const i1 = Math.min(Math.floor(maxX), width - 1);
      const j1 = Math.min(Math.floor(maxY), height - 1);
      const i0 = Math.max(Math.ceil(minX) - 1, 0);
      for (let j = Math.max(Math.ceil(minY) - 1, 0); j <= j1; j++) {
        for (let i = i0; i <= i1; i++) {
          if (cells[j * width + i] >= OCCUPIED && gapTo(i, j) <= 0) return true;
        }
      }
      return false;
    },
    clearance(pose, grid, maxRange) {
      if (!place(pose, grid)) return 0;
      const { width, height, resolution } = grid;
      const i0 = Math.ceil(minX) - 1;
      const i1 = Math.floor(maxX);
      const j0 = Math.ceil(minY) - 1;
      const j1 = Math.floor(maxY);
      let best = maxRange / resolution;
      // Rings of cells around the bounding box: those of ring k are at least k - 1 cells away.
      const first = Math.max(0, i0 - width + 1, -i1, j0 - height + 1, -j1);
      const last = Math.max(i0, width - 1 - i1, j0, height - 1 - j1);
      for (let k = first; k <= last && k - 1 < best; k++) {
        if (k === 0) {
          for (let j = Math.max(j0, 0); j <= j1 && best > 0; j++) best = scanRow(grid, j, i0, i1, best);
        } else {
          best = scanRow(grid, j0 - k, i0 - k, i1 + k, best);
          best = scanRow(grid, j1 + k, i0 - k, i1 + k, best);
          best = scanColumn(grid, i0 - k, j0 - k + 1, j1 + k - 1, best);
          best = scanColumn(grid, i1 + k, j0 - k + 1, j1 + k - 1, best);
        }
        if (best <= 0) return 0;
      }
      return Math.min(best * resolution, maxRange);
    },
  };
}
