import type { StateRows, Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  distancesAt,
  footprintDiscs,
  INTERPOLANTS,
  type Interpolant,
  type Robot,
  robotSizes,
} from "../sim/index.ts";
import type { NavigationOptions } from "./navigation-options.ts";
import { speedClearance } from "./speed-clearance.ts";

/** What the robot keeps clear of: distances to obstacles, and (N + 1) the clearance beyond its discs at each stage. [m] */
export type Surroundings = { field: DistanceField | undefined; readonly margins: Vec };

/** Smallest step over which the field's gradient is differenced for the rows' curvature. [m] */
const CURVATURE_STEP = 0.05;

/**
 * Soft rows that keep the footprint's discs clear of obstacles, one per disc and stage:
 *
 *     d(p + R(yaw) o_i) - r_i - margin_k - s(v) >= 0
 *
 * with s(v) the {@link speedClearance} of the options' reaction time.
 *
 * @param around read at every evaluation, so that it may change between solves; has a field by then
 */
export function distanceRows(robot: Robot, options: NavigationOptions, around: Surroundings): StateRows {
  const { nx } = robotSizes(robot);
  const discs = footprintDiscs(robot);
  const atSpeed = speedClearance(robot, options.reaction);
  const read = INTERPOLANTS[options.interpolation];
  const n = discs.length;
  const [offsets, centres, gradients] = [0, 0, 0].map(() => new Float64Array(2 * n));
  const distances = new Float64Array(n);
  const moving = new Float64Array(1);
  const curvature = new Float64Array(5);
  /** Writes where the discs' centres are in a state, from the robot's reference point and in the map frame. */
  const place = (x: Vec): void => {
    const c = Math.cos(x[2]);
    const s = Math.sin(x[2]);
    for (let i = 0; i < n; i++) {
      offsets[2 * i] = c * discs[i].x - s * discs[i].y;
      offsets[2 * i + 1] = s * discs[i].x + c * discs[i].y;
      centres[2 * i] = x[0] + offsets[2 * i];
      centres[2 * i + 1] = x[1] + offsets[2 * i + 1];
    }
  };

  return {
    count: n,
    soft: {
      linear: options.collision.linear / options.lookahead,
      quadratic: options.collision.quadratic / (options.lookahead * options.lookahead),
    },
    value(x, k, out) {
      const c = Math.cos(x[2]);
      const s = Math.sin(x[2]);
      for (let i = 0; i < n; i++) {
        const disc = discs[i];
        centres[2 * i] = x[0] + c * disc.x - s * disc.y;
        centres[2 * i + 1] = x[1] + s * disc.x + c * disc.y;
      }
      if (options.interpolation === "bilinear") distancesAt(around.field!, centres, n, distances);
      else read(around.field!, centres, n, distances, gradients);
      atSpeed?.value(x, moving);
      const keep = around.margins[k] + moving[0];
      for (let i = 0; i < n; i++) out[i] = distances[i] - discs[i].r - keep;
    },
    jacobian(x, _k, C) {
      C.fill(0);
      place(x);
      read(around.field!, centres, n, distances, gradients);
      for (let i = 0; i < n; i++) {
        const gx = gradients[2 * i];
        const gy = gradients[2 * i + 1];
        C[i * nx] = gx;
        C[i * nx + 1] = gy;
        C[i * nx + 2] = -gx * offsets[2 * i + 1] + gy * offsets[2 * i];
        atSpeed?.subtractGradient(x, C, i * nx);
      }
    },
    hessian(x, _k, p, H) {
      place(x);
      for (let i = 0; i < n; i++) {
        if (Math.abs(p[i]) <= 1e-6) continue;
        fieldCurvature(read, around.field!, centres, i, curvature);
        addDiscCurvature(curvature, offsets, i, p, H, nx);
        atSpeed?.subtractHessian(x, p, i, H);
      }
    },
  };
}

/** Adds p_i times row i's `J' D J` with J = d(disc centre)/d(x, y, yaw), and the turning of the offset, to H (nx, nx). */
function addDiscCurvature(curvature: Vec, offsets: Vec, i: number, p: Vec, H: Vec, nx: number): void {
  const ox = offsets[2 * i];
  const oy = offsets[2 * i + 1];
  const dxx = curvature[2];
  const dxy = curvature[3];
  const dyy = curvature[4];
  const xYaw = -dxx * oy + dxy * ox;
  const yYaw = -dxy * oy + dyy * ox;
  const yawYaw = -xYaw * oy + yYaw * ox - (curvature[0] * ox + curvature[1] * oy);
  H[0] += p[i] * dxx;
  H[1] += p[i] * dxy;
  H[nx] += p[i] * dxy;
  H[nx + 1] += p[i] * dyy;
  H[2] += p[i] * xYaw;
  H[2 * nx] += p[i] * xYaw;
  H[nx + 2] += p[i] * yYaw;
  H[2 * nx + 1] += p[i] * yYaw;
  H[2 * nx + 2] += p[i] * yawYaw;
}

/** Scratch of {@link fieldCurvature}: the point and its four neighbours, and what the field is there. */
const AROUND = new Float64Array(10);
const VALUES = new Float64Array(5);
const SLOPES = new Float64Array(10);

/**
 * Writes gradient and Hessian (gx, gy, dxx, dxy, dyy) of a distance field at point i of `points` (n, 2). The bilinear
 * interpolant has no Hessian inside a cell, so its gradient is differenced over a cell.
 */
function fieldCurvature(read: Interpolant, field: DistanceField, points: Vec, i: number, out: Vec): void {
  const h = CURVATURE_STEP;
  for (let at = 0; at < 10; at += 2) {
    AROUND[at] = points[2 * i];
    AROUND[at + 1] = points[2 * i + 1];
  }
  AROUND[2] += h;
  AROUND[4] -= h;
  AROUND[7] += h;
  AROUND[9] -= h;
  read(field, AROUND, 5, VALUES, SLOPES);
  const dxy = (SLOPES[3] - SLOPES[5]) / (2 * h);
  out[0] = SLOPES[0];
  out[1] = SLOPES[1];
  out[2] = (SLOPES[2] - SLOPES[4]) / (2 * h);
  out[3] = 0.5 * (dxy + (SLOPES[6] - SLOPES[8]) / (2 * h));
  out[4] = (SLOPES[7] - SLOPES[9]) / (2 * h);
}
