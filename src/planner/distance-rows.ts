import type { StateRows, Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  distanceAt,
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
  const gradient = new Float64Array(2);
  const curvature = new Float64Array(5);
  const distance = (x: number, y: number): number =>
    options.interpolation === "bilinear"
      ? distanceAt(around.field!, x, y)
      : read(around.field!, x, y, gradient);

  /** Adds `p` times the row's `J' D J` with J = d(disc centre)/d(x, y, yaw), and the turning of the offset. */
  const addDiscCurvature = (px: number, py: number, ox: number, oy: number, p: number, H: Vec): void => {
    fieldCurvature(read, around.field!, px, py, curvature);
    const dxx = curvature[2];
    const dxy = curvature[3];
    const dyy = curvature[4];
    const xYaw = -dxx * oy + dxy * ox;
    const yYaw = -dxy * oy + dyy * ox;
    const yawYaw = -xYaw * oy + yYaw * ox - (curvature[0] * ox + curvature[1] * oy);
    H[0] += p * dxx;
    H[1] += p * dxy;
    H[nx] += p * dxy;
    H[nx + 1] += p * dyy;
    H[2] += p * xYaw;
    H[2 * nx] += p * xYaw;
    H[nx + 2] += p * yYaw;
    H[2 * nx + 1] += p * yYaw;
    H[2 * nx + 2] += p * yawYaw;
  };

  return {
    count: discs.length,
    soft: {
      linear: options.collision.linear / options.lookahead,
      quadratic: options.collision.quadratic / (options.lookahead * options.lookahead),
    },
    value(x, k, out) {
      const c = Math.cos(x[2]);
      const s = Math.sin(x[2]);
      const keep = around.margins[k] + (atSpeed?.value(x) ?? 0);
      for (let i = 0; i < discs.length; i++) {
        const disc = discs[i];
        const px = x[0] + c * disc.x - s * disc.y;
        const py = x[1] + s * disc.x + c * disc.y;
        out[i] = distance(px, py) - disc.r - keep;
      }
    },
    jacobian(x, _k, C) {
      C.fill(0);
      const c = Math.cos(x[2]);
      const s = Math.sin(x[2]);
      for (let i = 0; i < discs.length; i++) {
        const ox = c * discs[i].x - s * discs[i].y;
        const oy = s * discs[i].x + c * discs[i].y;
        read(around.field!, x[0] + ox, x[1] + oy, gradient);
        C[i * nx] = gradient[0];
        C[i * nx + 1] = gradient[1];
        C[i * nx + 2] = -gradient[0] * oy + gradient[1] * ox;
        atSpeed?.subtractGradient(x, C, i * nx);
      }
    },
    hessian(x, _k, p, H) {
      const c = Math.cos(x[2]);
      const s = Math.sin(x[2]);
      for (let i = 0; i < discs.length; i++) {
        if (Math.abs(p[i]) <= 1e-6) continue;
        const ox = c * discs[i].x - s * discs[i].y;
        const oy = s * discs[i].x + c * discs[i].y;
        addDiscCurvature(x[0] + ox, x[1] + oy, ox, oy, p[i], H);
        atSpeed?.subtractHessian(x, p[i], H);
      }
    },
  };
}

/** Scratch of {@link fieldCurvature}. */
const LOW = new Float64Array(2);
const HIGH = new Float64Array(2);

/**
 * Writes gradient and Hessian (gx, gy, dxx, dxy, dyy) of a distance field at a point. The bilinear interpolant has no
 * Hessian inside a cell, so its gradient is differenced over a cell.
 */
export function fieldCurvature(
  read: Interpolant,
  field: DistanceField,
  x: number,
  y: number,
  out: Vec,
): void {
  const h = CURVATURE_STEP;
  read(field, x + h, y, HIGH);
  read(field, x - h, y, LOW);
  const dxx = (HIGH[0] - LOW[0]) / (2 * h);
  const dxy = (HIGH[1] - LOW[1]) / (2 * h);
  read(field, x, y + h, HIGH);
  read(field, x, y - h, LOW);
  out[3] = 0.5 * (dxy + (HIGH[0] - LOW[0]) / (2 * h));
  out[4] = (HIGH[1] - LOW[1]) / (2 * h);
  out[2] = dxx;
  read(field, x, y, out);
}
