import { check, checkCount, checkNotNegative, checkPositive, checkWithin, type Rng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { OCCUPIED, type OccupancyGrid, type Pose, worldToCell } from "./grid.ts";
import type { Mover } from "./movers/mover.ts";

/** One turn of a planar range sensor. */
export type Scan = {
  /** Of the sensor, map frame, when the scan was taken. [m, m, rad] */ readonly pose: Pose;
  /** (beams) direction of each beam from the sensor's own x axis, increasing. [rad] */ readonly angles: Vec;
  /** (beams) distance; Infinity: nothing within range; NaN: no valid return. [m] */ readonly ranges: Vec;
  /** The sensor sees this far. [m] */ readonly range: number;
};

/** Rays, range and noise of a range sensor. */
export type RangeSensorOptions = {
  /** Beams per scan, 1 .. 65536. */ readonly beams: number;
  /** Field of view, centred forward, 0 < fov <= 2 pi; a full circle does not repeat its first beam. [rad] */
  readonly fov: number;
  /** [m] > 0 */ readonly range: number;
  /** Standard deviation of each return. [m] >= 0 */ readonly noise: number;
  /** Share of beams that come back as NaN, 0 .. 1. */ readonly dropout: number;
};

/** Defaults: a 720-beam, 8 m sensor such as the RPLIDAR family, with 1 cm noise. */
export const RANGE_SENSOR_DEFAULTS: RangeSensorOptions = {
  beams: 720,
  fov: 2 * Math.PI,
  range: 8,
  noise: 0.01,
  dropout: 0,
};

/** A range sensor that scans a map from a pose. */
export type RangeSensor = RangeSensorOptions & {
  /**
   * Takes a scan of the true world, and of the movers in it as they stand; arrays of the result are the caller's, but for the
   * shared `angles`.
   */
  scan(grid: OccupancyGrid, pose: Pose, movers?: readonly Mover[]): Scan;
};

/**
 * A planar range sensor: exact ray casting on the grid, Gaussian noise, lost returns.
 *
 * Unknown cells and the outside of the grid are transparent. Noise never makes a return negative or
 * longer than the range. A pose that is not finite gives a scan without a valid return.
 *
 * @param rng draws the noise; same seed, same scans
 * @throws ConfigError for an illegal option
 */
export function createRangeSensor(setup: Partial<RangeSensorOptions> & { readonly rng: Rng }): RangeSensor {
  const { rng, ...given } = setup;
  const options = { ...RANGE_SENSOR_DEFAULTS, ...given };
  checkOptions(options);
  const { beams, fov, range, noise, dropout } = options;
  const full = fov >= 2 * Math.PI - 1e-9;
  const spacing = fov / (full ? beams : Math.max(1, beams - 1));
  const first = beams === 1 && !full ? 0 : -fov / 2;
  const angles = Float64Array.from({ length: beams }, (_, n) => first + n * spacing);
  const beam = new Float64Array(6);

  return {
    ...options,
    scan(grid, pose, movers = []) {
      const ranges = new Float64Array(beams);
      const scan = { pose: { x: pose.x, y: pose.y, yaw: pose.yaw }, angles, ranges, range };
      if (!Number.isFinite(pose.x + pose.y + pose.yaw)) {
        ranges.fill(Number.NaN);
        return scan;
      }
      const { origin, resolution } = grid;
      worldToCell(grid, pose.x, pose.y, beam);
      beam[4] = range / resolution;
      for (let n = 0; n < beams; n++) {
        if (dropout > 0 && rng.uniform() < dropout) {
          ranges[n] = Number.NaN;
          continue;
        }
        const phi = pose.yaw + angles[n] - origin.yaw;
        beam[2] = Math.cos(phi);
        beam[3] = Math.sin(phi);
        castInCells(grid, beam);
        const onWall = resolution * beam[5];
        const distance =
          movers.length === 0 ? onWall : Math.min(onWall, castOnMovers(movers, pose, angles[n], range));
        ranges[n] =
          noise > 0 && distance <= range
            ? Math.min(range, Math.max(0, distance + noise * rng.gauss()))
            : distance;
      }
      return scan;
    },
  };
}

/** Distance along a beam to the first mover; 0 from inside one, Infinity where there is none within range. [m] */
function castOnMovers(movers: readonly Mover[], { x, y, yaw }: Pose, angle: number, range: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  const dx = Math.cos(yaw + angle);
  const dy = Math.sin(yaw + angle);
  for (const mover of movers) {
    const px = mover.x - x;
    const py = mover.y - y;
    const along = px * dx + py * dy;
    const outside = px * px + py * py - mover.radius * mover.radius;
    if (outside <= 0) return 0;
    const root = along * along - outside;
    if (along <= 0 || root < 0) continue;
    const distance = along - Math.sqrt(root);
    if (distance <= range && distance < nearest) nearest = distance;
  }
  return nearest;
}

function checkOptions({ beams, fov, range, noise, dropout }: RangeSensorOptions): void {
  checkCount("beams", beams, 1, 65536);
  check("fov", fov, fov > 0 && fov <= 2 * Math.PI + 1e-9, "0 < fov <= 2 pi [rad]");
  checkPositive("range", range);
  checkNotNegative("noise", noise);
  checkWithin("dropout", dropout, 0, 1);
}

/**
 * Distance along a ray to the first occupied cell, exact (every cell the ray enters is looked at, in
 * order). Unknown cells and the outside of the grid are transparent; a ray may start outside.
 *
 * @param x, y start, map frame [m]
 * @param angle direction, map frame [rad]
 * @param range looked no further than this [m]
 * @returns [m]; 0 from inside an occupied cell, Infinity where there is none within range
 * Source: Amanatides and Woo, A Fast Voxel Traversal Algorithm for Ray Tracing, Eurographics 1987.
 */
export function castRay(grid: OccupancyGrid, x: number, y: number, angle: number, range: number): number {
  const { origin, resolution } = grid;
  const ray = new Float64Array(6);
  worldToCell(grid, x, y, ray);
  const phi = angle - origin.yaw;
  ray.set([Math.cos(phi), Math.sin(phi), range / resolution], 2);
  castInCells(grid, ray);
  return resolution * ray[5];
}

/**
 * {@link castRay} in cell coordinates, a function of one array since numbers that are handed over are allocated.
 *
 * @param ray (6) where it starts, u and v, its unit direction, how far it is followed; how far it gets is written [cells]
 */
function castInCells(grid: OccupancyGrid, ray: Float64Array): void {
  const u = ray[0];
  const v = ray[1];
  const du = ray[2];
  const dv = ray[3];
  const limit = ray[4];
  ray[5] = Number.POSITIVE_INFINITY;
  const { cells, width, height } = grid;
  let t = 0;
  let i = Math.floor(u);
  let j = Math.floor(v);
  if (!(i >= 0 && i < width && j >= 0 && j < height)) {
    // start outside: go to where the ray enters the grid
    t = entry(u, v, du, dv, width, height);
    if (!(t <= limit)) return;
    i = Math.min(width - 1, Math.max(0, Math.floor(u + t * du)));
    j = Math.min(height - 1, Math.max(0, Math.floor(v + t * dv)));
  }
  const stepI = du > 0 ? 1 : -1;
  const stepJ = dv > 0 ? 1 : -1;
  const deltaI = du === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(du);
  const deltaJ = dv === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(dv);
  // Where the ray leaves the current cell along each axis.
  let nextI = du === 0 ? Number.POSITIVE_INFINITY : (i + (du > 0 ? 1 : 0) - u) / du;
  let nextJ = dv === 0 ? Number.POSITIVE_INFINITY : (j + (dv > 0 ? 1 : 0) - v) / dv;
  let cell = j * width + i;
  while (t <= limit) {
    if (cells[cell] >= OCCUPIED) {
      ray[5] = t;
      return;
    }
    if (nextI < nextJ) {
      t = nextI;
      nextI += deltaI;
      i += stepI;
      if (i < 0 || i >= width) break;
      cell += stepI;
    } else {
      t = nextJ;
      nextJ += deltaJ;
      j += stepJ;
      if (j < 0 || j >= height) break;
      cell += stepJ * width;
    }
  }
}

/** Ray parameter at which the rectangle [0, width] x [0, height] is entered, Infinity if it is missed. */
function entry(u: number, v: number, du: number, dv: number, width: number, height: number): number {
  let from = 0;
  let to = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < 2; axis++) {
    const start = axis === 0 ? u : v;
    const slope = axis === 0 ? du : dv;
    const size = axis === 0 ? width : height;
    if (slope === 0) {
      if (!(start >= 0 && start <= size)) return Number.POSITIVE_INFINITY;
      continue;
    }
    const a = -start / slope;
    const b = (size - start) / slope;
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  return from <= to ? from : Number.POSITIVE_INFINITY;
}
