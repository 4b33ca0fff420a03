import { lqrGains } from "../linalg/index.ts";
import { type Qp, type QpSolution, rowValue } from "../qp/index.ts";
import type { GainKind } from "./options.ts";
import type { HessianBlocks, SqpWorkspace } from "./workspace.ts";

type GainGroups = Pick<SqpWorkspace, "qp" | "costHessian" | "K" | "scratch">;

/**
 * Feedback gains K (N, nu, nx) for the closed-loop rollout of a step (docs/solver.md#gains):
 *
 * - `stable`: time-varying LQR on the projected Hessian of the cost.
 * - `approx-sens`, `sens`: the same recursion on the QP's Hessian plus the second derivative
 *   `mu / t^2` of a logarithmic barrier on every constraint. That is the sensitivity of the barrier
 *   QP's solution to the state. `sens` takes the distances t at the QP's solution, `approx-sens` at
 *   the current iterate, which costs no accuracy in QPs but ignores where the step leads.
 * - `open`: zero.
 *
 * Where the barrier leaves the QP's Hessian indefinite, the sensitivities do not exist and the stable
 * gains stand in for them.
 */
export function computeGains(kind: GainKind, w: GainGroups, barrier = 0, solution?: QpSolution): void {
  const { qp, costHessian, K, scratch } = w;
  const { A, B } = qp;
  const { N, nx, nu } = qp.shape;
  const { gains } = scratch;
  if (kind === "open") {
    K.fill(0);
    return;
  }
  if (kind !== "stable") {
    const { Q, R, M } = scratch;
    addBarrier(w, kind === "sens" ? solution : undefined, barrier);
    if (gains.write({ A, B, Q, R, M }, K)) return;
  }
  if (gains.write({ A, B, ...costHessian }, K)) return;
  // Where they do not exist at every stage: those after the last one without.
  lqrGains({ N, nx, nu, A, B, ...costHessian }, K, scratch.lqr);
}

/**
 * Second derivative of the barrier. The distance is taken as at least sqrt(barrier), so that no weight
 * exceeds 1: stiffer gains at active constraints froze the rollout and led the car of the benchmark into
 * poor local optima (30.6 instead of 2.06), softer ones made no difference.
 */
function weight(barrier: number, distance: number): number {
  return barrier / Math.max(distance * distance * Math.sign(distance), barrier);
}

/** Scratch Q, R, M = the QP's, plus the barrier's second derivatives at the solution or at no step. */
function addBarrier(w: GainGroups, solution: QpSolution | undefined, barrier: number): void {
  const { qp } = w;
  const { N, nx, nu, nb, boxIndex, rowStart, equality } = qp.shape;
  const { Q, R, M } = w.scratch;
  Q.set(qp.Q);
  R.set(qp.R);
  M.set(qp.M);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      const at = k * nu + i;
      const du = solution === undefined ? 0 : solution.dU[at];
      R[at * nu + i] += finiteWeight(barrier, du - qp.uLower[at]) + finiteWeight(barrier, qp.uUpper[at] - du);
    }
  }
  for (let k = 0; k <= N; k++) {
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      // An equality leaves no room: the largest weight there is.
      const t = solution === undefined ? qp.c[row] : rowValue(qp, k, row, solution.dX, solution.dU);
      addRowWeight(qp, k, row, equality[row] === 1 ? 1 : weight(barrier, t), w.scratch);
    }
    for (let j = 0; k > 0 && j < nb; j++) {
      const i = boxIndex[j];
      const dx = solution === undefined ? 0 : solution.dX[k * nx + i];
      Q[(k * nx + i) * nx + i] +=
        finiteWeight(barrier, dx - qp.xLower[k * nb + j]) + finiteWeight(barrier, qp.xUpper[k * nb + j] - dx);
    }
  }
}

/** Adds `h [C D]'[C D]` of a row to the blocks of its stage. */
export function addRowWeight(qp: Qp, k: number, row: number, h: number, { Q, R, M }: HessianBlocks): void {
  const { C, D, shape } = qp;
  const { nx, nu } = shape;
  const c = row * nx;
  for (let i = 0; i < nx; i++) {
    for (let j = 0; j < nx; j++) Q[(k * nx + i) * nx + j] += h * C[c + i] * C[c + j];
  }
  const d = shape.controlRow[row] * nu;
  if (d < 0) return;
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) R[(k * nu + i) * nu + j] += h * D[d + i] * D[d + j];
    for (let j = 0; j < nx; j++) M[(k * nu + i) * nx + j] += h * D[d + i] * C[c + j];
  }
}

function finiteWeight(barrier: number, distance: number): number {
  return distance === Number.POSITIVE_INFINITY ? 0 : weight(barrier, distance);
}
