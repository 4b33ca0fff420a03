import type { Vec } from "../ocp/index.ts";
import type { Qp, QpSolution } from "./qp.ts";

/** What a candidate solution violates, in absolute terms (largest component of each kind). */
export type QpKktResidual = {
  /** Gradient of the Lagrangian in du, a negative multiplier, or one above its row's penalty slope. */
  stationarity: number;
  /** Violated control bounds and defects of the dynamics. Rows and state boxes are soft, never infeasible. */
  feasibility: number;
  /** Multiplier times distance from its bound, the eliminated slacks included. */
  complementarity: number;
  max: number;
};

/**
 * KKT residual of a QP from dX, dU and the multipliers alone, independent of any solver.
 *
 * Slacks are eliminated: `s = max(0, -g)` of a soft row `g + s >= 0`, and with it the multiplier of
 * `s >= 0` is `nu = linear + quadratic s - lambda`, which must satisfy `nu >= 0` and `nu s = 0`. The costates
 * follow by `pi_N = grad_N`, `pi_k = grad_k + A_k' pi_{k+1}`, so that the gradient in du_k is the only
 * stationarity left. A value that is not finite makes every entry it reaches NaN or infinite, never small.
 *
 * @param scratch (2 nx) overwritten; handed in by callers that must not allocate
 * @param out overwritten and returned; handed in likewise
 */
export function qpKktResidual(
  qp: Qp,
  solution: Pick<QpSolution, "dX" | "dU" | "multipliers">,
  scratch: Vec = new Float64Array(2 * qp.shape.nx),
  out: QpKktResidual = { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
): QpKktResidual {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const { A, B, Q, R, M, q, r, C, c } = qp;
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.penalty;
  const { dX, dU, multipliers } = solution;
  let stationarity = 0;
  let feasibility = 0;
  let complementarity = 0;
  // Sum of everything measured: not finite where a comparison below would have let a NaN pass.
  let sum = 0;

  for (let i = 0; i < N * nu; i++) {
    const u = dU[i];
    const lower = multipliers.uLower[i];
    const upper = multipliers.uUpper[i];
    feasibility = Math.max(feasibility, qp.uLower[i] - u, u - qp.uUpper[i]);
    stationarity = Math.max(stationarity, -lower, -upper);
    if (lower !== 0) complementarity = Math.max(complementarity, Math.abs(lower * (u - qp.uLower[i])));
    if (upper !== 0) complementarity = Math.max(complementarity, Math.abs(upper * (qp.uUpper[i] - u)));
    sum += u + lower + upper;
  }
  for (let k = 1; k <= N; k++) {
    for (let at = k * nb; at < (k + 1) * nb; at++) {
      const x = dX[k * nx + boxIndex[at - k * nb]];
      const lower = multipliers.xLower[at];
      const upper = multipliers.xUpper[at];
      const below = x - qp.xLower[at];
      const above = qp.xUpper[at] - x;
      const dual = Math.max(
        softStationarity(below, lower, boxLinear, boxQuadratic),
        softStationarity(above, upper, boxLinear, boxQuadratic),
      );
      stationarity = Math.max(stationarity, dual);
      const product = Math.max(
        softComplementarity(below, lower, boxLinear, boxQuadratic),
        softComplementarity(above, upper, boxLinear, boxQuadratic),
      );
      complementarity = Math.max(complementarity, product);
      sum += x + lower + upper;
    }
    for (let at = k * nc; at < (k + 1) * nc; at++) {
      let g = c[at];
      for (let i = 0; i < nx; i++) g += C[at * nx + i] * dX[k * nx + i];
      const lambda = multipliers.rows[at];
      stationarity = Math.max(stationarity, softStationarity(g, lambda, rowLinear, rowQuadratic));
      complementarity = Math.max(complementarity, softComplementarity(g, lambda, rowLinear, rowQuadratic));
      sum += g + lambda;
    }
  }

  // scratch[0..nx) is pi_{k+1}; scratch[nx..2nx) becomes pi_k.
  for (let k = N; k >= 0; k--) {
    const xo = k * nx;
    if (k < N) {
      for (let i = 0; i < nu; i++) {
        const iu = k * nu + i;
        let g = r[iu] - multipliers.uLower[iu] + multipliers.uUpper[iu];
        for (let j = 0; j < nu; j++) g += R[iu * nu + j] * dU[k * nu + j];
        for (let j = 0; j < nx; j++) g += M[iu * nx + j] * dX[xo + j] + B[(xo + j) * nu + i] * scratch[j];
        stationarity = Math.max(stationarity, Math.abs(g));
        sum += g;
      }
      for (let i = 0; i < nx; i++) {
        let defect = -dX[xo + nx + i];
        for (let j = 0; j < nx; j++) defect += A[(xo + i) * nx + j] * dX[xo + j];
        for (let j = 0; j < nu; j++) defect += B[(xo + i) * nu + j] * dU[k * nu + j];
        feasibility = Math.max(feasibility, Math.abs(defect));
        sum += defect;
      }
    }
    if (k === 0) break;
    for (let i = 0; i < nx; i++) {
      let g = q[xo + i];
      for (let j = 0; j < nx; j++) g += Q[(xo + i) * nx + j] * dX[xo + j];
      if (k < N) {
        for (let j = 0; j < nu; j++) g += M[(k * nu + j) * nx + i] * dU[k * nu + j];
        for (let j = 0; j < nx; j++) g += A[(xo + j) * nx + i] * scratch[j];
      }
      scratch[nx + i] = g;
    }
    for (let at = k * nb; at < (k + 1) * nb; at++) {
      scratch[nx + boxIndex[at - k * nb]] += multipliers.xUpper[at] - multipliers.xLower[at];
    }
    for (let at = k * nc; at < (k + 1) * nc; at++) {
      const lambda = multipliers.rows[at];
      if (lambda !== 0) for (let i = 0; i < nx; i++) scratch[nx + i] -= C[at * nx + i] * lambda;
    }
    for (let i = 0; i < nx; i++) scratch[i] = scratch[nx + i];
  }
  for (let i = 0; i < nx; i++) feasibility = Math.max(feasibility, Math.abs(dX[i]));

  out.stationarity = Number.isFinite(sum) ? stationarity : Number.NaN;
  out.feasibility = feasibility;
  out.complementarity = complementarity;
  out.max = Math.max(out.stationarity, feasibility, complementarity);
  return out;
}

/** By how much a soft row's multiplier leaves [0, slope of the penalty at its violation]. */
function softStationarity(g: number, lambda: number, linear: number, quadratic: number): number {
  const s = g < 0 ? -g : 0;
  return Math.max(-lambda, lambda - linear - quadratic * s);
}

/** Largest product of a soft row's two pairs, its slack s = max(0, -g) eliminated. */
function softComplementarity(g: number, lambda: number, linear: number, quadratic: number): number {
  if (g > 0) return lambda === 0 ? 0 : Math.abs(lambda * g);
  return Math.abs((linear - quadratic * g - lambda) * g);
}

/** Smallest scale a cost gradient is measured against. [cost per unit of dU or dX] */
const LEAST_DUAL_SCALE = 1e-3;
/** Forces of rows count for this much of their size: a penalty of 1e6 in use must not excuse errors of 1. */
export const FORCE_SHARE = 0.01;

/** Scale of the gradients in a QP: the largest |q|, |r|, at least 1e-3. */
export function qpDualScale(qp: Qp): number {
  const { nx } = qp.shape;
  let scale = LEAST_DUAL_SCALE;
  for (let i = nx; i < qp.q.length; i++) scale = Math.max(scale, Math.abs(qp.q[i]));
  for (let i = 0; i < qp.r.length; i++) scale = Math.max(scale, Math.abs(qp.r[i]));
  return scale;
}

/**
 * A KKT residual relative to the problem's scale, the number the solvers' tolerances refer to: the largest of
 * stationarity / Sd, feasibility / Sp and complementarity / (Sd Sp), with the dual scale
 * `Sd = max(1e-3, |q|, |r|, |forces| / 100)`, where a force is a multiplier of a row times the row's largest
 * coefficient or a multiplier of the state box, and the primal one `Sp = max(1, |dX|, |dU|)`, all in the
 * maximum norm.
 */
export function qpRelativeResidual(
  qp: Qp,
  solution: Pick<QpSolution, "dX" | "dU" | "multipliers">,
  residual: QpKktResidual,
): number {
  const { xLower, xUpper, rows } = solution.multipliers;
  let force = Math.max(largest(xLower), largest(xUpper));
  for (let row = qp.shape.nc; row < rows.length; row++)
    force = Math.max(force, Math.abs(rows[row]) * rowSize(qp, row));
  const dual = Math.max(qpDualScale(qp), FORCE_SHARE * force);
  const primal = Math.max(1, largest(solution.dX), largest(solution.dU));
  return Math.max(
    residual.stationarity / dual,
    residual.feasibility / primal,
    residual.complementarity / (dual * primal),
  );
}

/** Largest coefficient of row k nc + j. */
export function rowSize(qp: Qp, row: number): number {
  const { nx } = qp.shape;
  let size = 0;
  for (let i = row * nx; i < (row + 1) * nx; i++) size = Math.max(size, Math.abs(qp.C[i]));
  return size;
}

function largest(a: Vec): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]));
  return max;
}

/** Whether every number of a QP is finite; only bounds may be infinite, and only away from the feasible side. */
export function isFiniteQp(qp: Qp): boolean {
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.penalty;
  const sum =
    zeroIfFinite(qp.A) +
    zeroIfFinite(qp.B) +
    zeroIfFinite(qp.Q) +
    zeroIfFinite(qp.R) +
    zeroIfFinite(qp.M) +
    zeroIfFinite(qp.q) +
    zeroIfFinite(qp.r) +
    zeroIfFinite(qp.C) +
    zeroIfFinite(qp.c) +
    (rowLinear + rowQuadratic + boxLinear + boxQuadratic) * 0;
  return (
    sum === 0 &&
    isBelow(qp.uLower, Infinity) &&
    isBelow(qp.xLower, Infinity) &&
    isAbove(qp.uUpper, -Infinity) &&
    isAbove(qp.xUpper, -Infinity)
  );
}

function zeroIfFinite(a: Vec): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * 0;
  return sum;
}

function isBelow(a: Vec, limit: number): boolean {
  let ok = true;
  for (let i = 0; i < a.length; i++) ok &&= a[i] < limit;
  return ok;
}

function isAbove(a: Vec, limit: number): boolean {
  let ok = true;
  for (let i = 0; i < a.length; i++) ok &&= a[i] > limit;
  return ok;
}
