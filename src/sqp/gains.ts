import { type Qp, type QpSolution, rowValue } from "../qp/index.ts";
import type { GainKind } from "./options.ts";
import type { HessianBlocks, SqpWorkspace } from "./workspace.ts";

type GainGroups = Pick<SqpWorkspace, "shape" | "qp" | "regulator" | "scales" | "K" | "scratch">;

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
  const { K, scratch } = w;
  if (kind === "open") {
    K.fill(0);
    return;
  }
  if (kind !== "stable") {
    const { A, B } = w.qp;
    const { Q, R, M, gains } = scratch;
    addBarrier(w, kind === "sens" ? solution : undefined, barrier);
    if (gains.write({ A, B, Q, R, M }, K)) return;
  }
  K.set(w.regulator.K);
}

/**
 * Second derivative of the barrier, distances as shares of a `size`. The distance is taken as at least
 * sqrt(barrier), so that no weight exceeds 1: stiffer gains at active constraints froze the rollout and led the
 * car of the benchmark into poor local optima (30.6 instead of 2.06), softer ones made no difference.
 */
function weight(barrier: number, distance: number, size: number): number {
  const d = distance / size;
  return distance === Infinity ? 0 : barrier / Math.max(d * Math.abs(d), barrier) / size ** 2;
}

/** Scratch Q, R, M = the QP's, plus the barrier's second derivatives at the solution or at no step. */
function addBarrier(w: GainGroups, solution: QpSolution | undefined, barrier: number): void {
  const { qp, shape, scales } = w;
  const { N, nx, nu, nb, boxIndex, rowStart, start, equality } = shape;
  const { Q, R, M } = w.scratch;
  const { cost } = scales;
  Q.set(qp.Q);
  R.set(qp.R);
  M.set(qp.M);
  for (let i = 0; i < N * nu; i++) {
    const du = solution === undefined ? 0 : solution.dU[i];
    const u = scales.u[i % nu] || 1;
    R[i * nu + (i % nu)] +=
      cost * (weight(barrier, du - qp.uLower[i], u) + weight(barrier, qp.uUpper[i] - du, u));
  }
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      // An equality leaves no room: the largest weight there is.
      const t = solution === undefined ? qp.c[row] : rowValue(qp, k, row, solution.dX, solution.dU);
      const h = cost * weight(barrier, equality[row] === 1 ? 0 : t, scales.c[at]);
      addRowWeight(qp, k, row, h, w.scratch);
    }
    for (let j = 0; k > 0 && j < nb; j++, at++) {
      const i = boxIndex[j];
      const dx = solution === undefined ? 0 : solution.dX[k * nx + i];
      const [below, above] = [dx - qp.xLower[k * nb + j], qp.xUpper[k * nb + j] - dx];
      Q[(k * nx + i) * nx + i] +=
        cost * (weight(barrier, below, scales.c[at]) + weight(barrier, above, scales.c[at]));
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
