import type { Vec } from "../ocp/index.ts";
import { type DistanceField, distanceGradientsAt, turnGradient } from "./distance-field.ts";
import { worldToCell } from "./grid.ts";

/** How a field is continued between the cell centres. */
export type Interpolation = "bilinear" | "catmull-rom" | "b-spline";

/**
 * Reads a field at n points (n, 2): their values [m] into `values` (n), and d/dx, d/dy in the map frame into `gradients`
 * (n, 2).
 */
export type Interpolant = (field: DistanceField, points: Vec, n: number, values: Vec, gradients: Vec) => void;

/**
 * The interpolants to choose from. All three are exact on planes (the cubic ones from one cell off the border
 * inwards) and constant beyond the outermost centres.
 *
 * - bilinear: continuous, passes through the samples, never overshoots; 4 samples;
 * - catmull-rom: continuous gradient, passes through the samples, overshoots a little at ridges; 16 samples;
 * - b-spline: continuous second derivative, rounds ridges and corners off by up to two thirds of a cell, so that
 *   a lone obstacle cell is all but gone: give it a margin; 16 samples.
 */
export const INTERPOLANTS: Readonly<Record<Interpolation, Interpolant>> = {
  bilinear: distanceGradientsAt,
  "catmull-rom": cubic(catmullRomWeights),
  "b-spline": cubic(bSplineWeights),
};

/** Writes the weights (4) of samples -1, 0, 1, 2 at t in [0, 1], and their derivatives, into w (8). */
type Weights = (t: number, w: Vec) => void;

function cubic(weights: Weights): Interpolant {
  return (field, points, n, values, gradients) => {
    for (let i = 0; i < n; i++) {
      worldToCell(field, points[2 * i], points[2 * i + 1], cell);
      values[i] = cubicAt(field, weights, gradients, i);
    }
  };
}

const cell = new Float64Array(2);
const weightsX = new Float64Array(8);
const weightsY = new Float64Array(8);

/** Value at `cell`; its gradient is written into the one numbered n. */
function cubicAt(field: DistanceField, weights: Weights, gradients: Vec, n: number): number {
  const { width, height, resolution, distance, origin } = field;
  const i = place(cell[0] - 0.5, width, weights, weightsX);
  const j = place(cell[1] - 0.5, height, weights, weightsY);
  let value = 0;
  let slopeX = 0;
  let slopeY = 0;
  for (let b = 0; b < 4; b++) {
    const row = clampIndex(j + b - 1, height) * width;
    let sum = 0;
    let slope = 0;
    for (let a = 0; a < 4; a++) {
      const d = distance[row + clampIndex(i + a - 1, width)];
      sum += weightsX[a] * d;
      slope += weightsX[4 + a] * d;
    }
    value += weightsY[b] * sum;
    slopeX += weightsY[b] * slope;
    slopeY += weightsY[4 + b] * sum;
  }
  gradients[2 * n] = slopeX / resolution;
  gradients[2 * n + 1] = slopeY / resolution;
  if (origin.yaw !== 0) turnGradient(origin.yaw, gradients, n);
  return value;
}

/** The sample at or before u and the weights there; outside the samples the slope is 0. */
function place(u: number, count: number, weights: Weights, w: Vec): number {
  const last = count - 1;
  if (u < 0 || u > last) {
    weights(u < 0 ? 0 : 1, w);
    w.fill(0, 4);
    return u < 0 ? 0 : last - 1;
  }
  const i = Math.min(Math.trunc(u), Math.max(last - 1, 0)) | 0;
  weights(u - i, w);
  return i;
}

function clampIndex(i: number, count: number): number {
  return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/** Source: Catmull, Rom, "A class of local interpolating splines", 1974 (tension 1/2). */
function catmullRomWeights(t: number, w: Vec): void {
  w[0] = t * (-0.5 + t * (1 - 0.5 * t));
  w[1] = 1 + t * t * (-2.5 + 1.5 * t);
  w[2] = t * (0.5 + t * (2 - 1.5 * t));
  w[3] = t * t * (-0.5 + 0.5 * t);
  w[4] = -0.5 + t * (2 - 1.5 * t);
  w[5] = t * (-5 + 4.5 * t);
  w[6] = 0.5 + t * (4 - 4.5 * t);
  w[7] = t * (-1 + 1.5 * t);
}

/** Source: de Boor, "A Practical Guide to Splines", uniform cubic; the samples serve as coefficients. */
function bSplineWeights(t: number, w: Vec): void {
  const s = 1 - t;
  w[0] = (s * s * s) / 6;
  w[1] = 2 / 3 + t * t * (-1 + 0.5 * t);
  w[2] = 2 / 3 + s * s * (-1 + 0.5 * s);
  w[3] = (t * t * t) / 6;
  w[4] = -0.5 * s * s;
  w[5] = t * (-2 + 1.5 * t);
  w[6] = s * (2 - 1.5 * s);
  w[7] = 0.5 * t * t;
}
