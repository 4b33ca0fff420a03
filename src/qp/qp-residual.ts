import type { Vec } from "../ocp/index.ts";
import type { Qp, QpSolution } from "./qp.ts";

/** What a candidate solution violates, in absolute terms (largest component of each kind). */
export type QpKktResidual = {
  /** Gradient of the Lagrangian in du, a negative multiplier of an inequality, or one above its penalty's slope. */
  stationarity: number;
  /** Violated control bounds and hard rows, defects of the dynamics. Soft rows and boxes are never infeasible. */
  feasibility: number;
  /** Multiplier times distance from its bound, the eliminated slacks included. */
  complementarity: number;
  max: number;
};

/** What a solution claims. */
type Candidate = Pick<QpSolution, "dX" | "dU" | "multipliers">;

/**
 * KKT residual of a QP from dX, dU and the multipliers alone, independent of any solver.
 *
 * Slacks are eliminated: `s = max(0, -g)` of a soft row `g + s >= 0`, and with it the multiplier of
 * `s >= 0` is `nu = linear + quadratic s - lambda`, which must satisfy `nu >= 0` and `nu s = 0`; of an equality
 * it is that of the side on which it is violated. The costates follow by `pi_N = grad_N`, `pi_k = grad_k + A_k' pi_{k+1}`, so that the gradient in du_k is the only
 * stationarity left. A value that is not finite makes every entry it reaches NaN or infinite, never small.
 *
 * @param scratch (2 nx) overwritten; handed in by callers that must not allocate
 * @param out overwritten and returned; handed in likewise
 */
export function qpKktResidual(
  qp: Qp,
  solution: Candidate,
  scratch: Vec = new Float64Array(2 * qp.shape.nx),
  out: QpKktResidual = { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
): QpKktResidual {
  out.stationarity = 0;
  out.feasibility = 0;
  out.complementarity = 0;
  // Sum of everything measured: not finite where a comparison would have let a NaN pass.
  const sum =
    measureControls(qp, solution, out) +
    measureBoxes(qp, solution, out) +
    measureRows(qp, solution, out) +
    measureDynamics(qp, solution, scratch, out);
  for (let i = 0; i < qp.shape.nx; i++) out.feasibility = Math.max(out.feasibility, Math.abs(solution.dX[i]));
  if (!Number.isFinite(sum)) out.stationarity = Number.NaN;
  out.max = Math.max(out.stationarity, out.feasibility, out.complementarity);
  return out;
}

/** Control bounds; each of these raises `out` and returns the sum of what it has looked at. */
function measureControls(qp: Qp, { dU, multipliers }: Candidate, out: QpKktResidual): number {
  const { N, nu } = qp.shape;
  let sum = 0;
  for (let i = 0; i < N * nu; i++) {
    const u = dU[i];
    const lower = multipliers.uLower[i];
    const upper = multipliers.uUpper[i];
    out.feasibility = Math.max(out.feasibility, qp.uLower[i] - u, u - qp.uUpper[i]);
    out.stationarity = Math.max(out.stationarity, -lower, -upper);
    const below = lower === 0 ? 0 : Math.abs(lower * (u - qp.uLower[i]));
    const above = upper === 0 ? 0 : Math.abs(upper * (qp.uUpper[i] - u));
    out.complementarity = Math.max(out.complementarity, below, above);
    sum += u + lower + upper;
  }
  return sum;
}

/** The state box. */
function measureBoxes(qp: Qp, { dX, multipliers }: Candidate, out: QpKktResidual): number {
  const { N, nx, nb, boxIndex } = qp.shape;
  const { boxLinear, boxQuadratic } = qp.weights;
  let sum = 0;
  for (let k = 1; k <= N; k++) {
    for (let at = k * nb; at < (k + 1) * nb; at++) {
      const x = dX[k * nx + boxIndex[at - k * nb]];
      const lower = multipliers.xLower[at];
      const upper = multipliers.xUpper[at];
      raiseSoft(out, x - qp.xLower[at], lower, boxLinear[at], boxQuadratic[at]);
      raiseSoft(out, qp.xUpper[at] - x, upper, boxLinear[at], boxQuadratic[at]);
      sum += x + lower + upper;
    }
  }
  return sum;
}

/** Inequality and equality rows. */
function measureRows(qp: Qp, { dX, dU, multipliers }: Candidate, out: QpKktResidual): number {
  const { N, rowStart, equality } = qp.shape;
  const { rowLinear, rowQuadratic } = qp.weights;
  let sum = 0;
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      const g = rowValue(qp, k, row, dX, dU);
      const lambda = multipliers.rows[row];
      const z = rowLinear[row];
      const Z = rowQuadratic[row];
      sum += g + lambda;
      if (equality[row] === 0) {
        raiseSoft(out, g, lambda, z, Z);
        continue;
      }
      // Violated to one side: that side's multiplier is lambda, or -lambda above zero.
      const v = Math.abs(g);
      if (z === Infinity) out.feasibility = Math.max(out.feasibility, v);
      out.stationarity = Math.max(out.stationarity, Math.abs(lambda) - z - Z * v);
      const product = softComplementarity(-v, g > 0 ? -lambda : lambda, z, Z);
      out.complementarity = Math.max(out.complementarity, product);
    }
  }
  return sum;
}

/** Defects of the dynamics, and the gradient in du by the costates. */
function measureDynamics(qp: Qp, solution: Candidate, scratch: Vec, out: QpKktResidual): number {
  const { N, nx, nu, nd, rowStart, controlRow } = qp.shape;
  const { A, B, R, M, r, D } = qp;
  const { dX, dU, multipliers } = solution;
  let { stationarity, feasibility } = out;
  let sum = 0;
  // scratch[0..nx) is pi_{k+1}; scratch[nx..2nx) becomes pi_k.
  for (let k = N; k >= 0; k--) {
    const xo = k * nx;
    if (k < N) {
      for (let i = 0; i < nu; i++) {
        const iu = k * nu + i;
        let g = r[iu] - multipliers.uLower[iu] + multipliers.uUpper[iu];
        for (let j = 0; j < nu; j++) g += R[iu * nu + j] * dU[k * nu + j];
        for (let j = 0; j < nx; j++) g += M[iu * nx + j] * dX[xo + j] + B[(xo + j) * nu + i] * scratch[j];
        for (let row = rowStart[k]; nd > 0 && row < rowStart[k + 1]; row++) {
          if (controlRow[row] >= 0) g -= D[controlRow[row] * nu + i] * multipliers.rows[row];
        }
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
    if (k > 0) stepCostate(qp, solution, k, scratch);
  }
  out.stationarity = stationarity;
  out.feasibility = feasibility;
  return sum;
}

/** pi_k from pi_{k+1}: into the first half of scratch, by way of the second. */
function stepCostate(qp: Qp, { dX, dU, multipliers }: Candidate, k: number, scratch: Vec): void {
  const { N, nx, nu, nb, boxIndex, rowStart } = qp.shape;
  const { A, Q, M, q, C } = qp;
  const xo = k * nx;
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
  for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
    const lambda = multipliers.rows[row];
    if (lambda !== 0) for (let i = 0; i < nx; i++) scratch[nx + i] -= C[row * nx + i] * lambda;
  }
  scratch.copyWithin(0, nx, 2 * nx);
}

/** Raises a residual by those of `g + s >= 0`, its slack eliminated; without one where its linear weight is infinite. */
function raiseSoft(out: QpKktResidual, g: number, lambda: number, linear: number, quadratic: number): void {
  if (linear === Infinity) out.feasibility = Math.max(out.feasibility, -g);
  out.stationarity = Math.max(out.stationarity, softStationarity(g, lambda, linear, quadratic));
  out.complementarity = Math.max(out.complementarity, softComplementarity(g, lambda, linear, quadratic));
}

/** Value of a row at a point: C dx + D du + c. */
export function rowValue({ C, D, c, shape }: Qp, k: number, row: number, dX: Vec, dU: Vec): number {
  const { nx, nu, controlRow } = shape;
  const d = controlRow[row];
  let g = c[row];
  for (let i = 0; i < nx; i++) g += C[row * nx + i] * dX[k * nx + i];
  if (d >= 0) for (let i = 0; i < nu; i++) g += D[d * nu + i] * dU[k * nu + i];
  return g;
}

/** By how much a soft row's multiplier leaves [0, slope of the penalty at its violation]. */
function softStationarity(g: number, lambda: number, linear: number, quadratic: number): number {
  const s = g < 0 ? -g : 0;
  return Math.max(-lambda, lambda - linear - quadratic * s);
}

/** Largest product of a row's pairs, its slack s = max(0, -g) eliminated; a hard row has no slack. */
function softComplementarity(g: number, lambda: number, linear: number, quadratic: number): number {
  if (g > 0) return lambda === 0 ? 0 : Math.abs(lambda * g);
  if (linear === Infinity) return 0;
  return Math.abs((linear - quadratic * g - lambda) * g);
}

/** Smallest scale a cost gradient is measured against. [cost per unit of dU] */
const LEAST_DUAL_SCALE = 1e-3;
/** Forces of rows count for this much of their size: a penalty of 1e6 in use must not excuse errors of 1. */
export const FORCE_SHARE = 0.01;

/** Scale of the gradients in a QP, as its controls feel them: the largest |r| + |B|'|q|, at least 1e-3 and `qp.scale`. */
export function qpDualScale(qp: Qp): number {
  const { N, nx, nu } = qp.shape;
  let scale = Math.max(LEAST_DUAL_SCALE, qp.scale ?? 0);
  for (let k = 0; k < N; k++) {
    for (let j = 0; j < nu; j++) {
      let force = Math.abs(qp.r[k * nu + j]);
      for (let i = 0; i < nx; i++) {
        force += Math.abs(qp.B[(k * nx + i) * nu + j] * qp.q[(k + 1) * nx + i]);
      }
      scale = Math.max(scale, force);
    }
  }
  return scale;
}

/**
 * A KKT residual relative to the problem's scale, the number the solvers' tolerances refer to: the largest of
 * stationarity / Sd, feasibility / Sp and complementarity / (Sd Sp), with the dual scale
 * `Sd = max(1e-3, |r| + |B|'|q|, |forces| / 100)`, where a force is a multiplier of a row times the row's largest
 * coefficient or a multiplier of the state box, and the primal one `Sp = max(1, |dU|)`, that of feasibility with |dX| too,
 * all in the maximum norm.
 */
export function qpRelativeResidual(qp: Qp, solution: Candidate, residual: QpKktResidual): number {
  const { xLower, xUpper, rows } = solution.multipliers;
  let force = Math.max(largest(xLower), largest(xUpper));
  for (let row = 0; row < rows.length; row++) {
    if (rows[row] !== 0) force = Math.max(force, Math.abs(rows[row]) * rowSize(qp, row));
  }
  const dual = Math.max(qpDualScale(qp), FORCE_SHARE * force);
  const primal = Math.max(1, largest(solution.dU));
  return Math.max(
    residual.stationarity / dual,
    residual.feasibility / Math.max(primal, largest(solution.dX)),
    residual.complementarity / (dual * primal),
  );
}

/** Largest coefficient of a row. */
export function rowSize({ C, D, shape }: Qp, row: number): number {
  const { nx, nu, controlRow } = shape;
  const d = controlRow[row];
  let size = 0;
  for (let i = row * nx; i < (row + 1) * nx; i++) size = Math.max(size, Math.abs(C[i]));
  if (d >= 0) for (let i = d * nu; i < (d + 1) * nu; i++) size = Math.max(size, Math.abs(D[i]));
  return size;
}

/** Whether a row has no coefficient and is met: it says nothing, and has no inside that an interior point could start in. */
export function isIdleRow(qp: Qp, row: number, size: number): boolean {
  return size === 0 && (qp.shape.equality[row] === 1 ? qp.c[row] === 0 : qp.c[row] >= 0);
}

/** Mean diagonal entry of the Hessian, in magnitude. */
export function meanCurvature({ shape: { N, nx, nu }, R, Q }: Qp): number {
  let diagonal = 0;
  for (let i = 0; i < N * nu; i++) diagonal += Math.abs(R[i * nu + (i % nu)]);
  for (let i = nx; i < (N + 1) * nx; i++) diagonal += Math.abs(Q[i * nx + (i % nx)]);
  return diagonal / (N * (nx + nu));
}

function largest(a: Vec): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]));
  return max;
}

/**
 * Whether every number of a QP is finite; only bounds may be infinite, away from the feasible side, and the linear
 * weights of hard rows.
 */
export function isFiniteQp(qp: Qp): boolean {
  const { A, B, Q, R, M, q, r, C, D, c } = qp;
  const sum =
    zeroIfFinite(A) +
    zeroIfFinite(B) +
    zeroIfFinite(Q) +
    zeroIfFinite(R) +
    zeroIfFinite(M) +
    zeroIfFinite(q) +
    zeroIfFinite(r) +
    zeroIfFinite(C) +
    zeroIfFinite(D) +
    zeroIfFinite(c);
  return sum === 0 && hasLegalBounds(qp);
}

/** What {@link isFiniteQp} asks of bounds and weights alone. */
export function hasLegalBounds(qp: Qp): boolean {
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.weights;
  return (
    zeroIfFinite(rowQuadratic) + zeroIfFinite(boxQuadratic) === 0 &&
    isAbove(rowLinear, -Infinity) &&
    isAbove(boxLinear, -Infinity) &&
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
  for (let i = 0; i < a.length; i++) if (!(a[i] < limit)) return false;
  return true;
}

function isAbove(a: Vec, limit: number): boolean {
  for (let i = 0; i < a.length; i++) if (!(a[i] > limit)) return false;
  return true;
}
