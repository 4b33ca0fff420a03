import type { Ocp, Vec } from "../ocp/index.ts";
import { clipControl, isFiniteVec, stateDifference } from "../ocp/index.ts";
import type { Qp, QpSolution } from "../qp/index.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { evaluateConstraints } from "./constraints.ts";
import type { Defects, SqpWorkspace } from "./workspace.ts";

/**
 * Takes states X (N + 1, nx) as they are, from x0 on, with the controls of `current`, which are within their bounds: the
 * entry of multiple shooting (docs/solver.md#gaps). What the dynamics do not give is `x_{k+1} - f(x_k, u_k) = E_k`,
 * the short way round at angles.
 *
 * @returns whether all of it is finite
 */
export function enterDefects(
  ocp: Ocp,
  { current: { X, U, x, u }, defects, scratch }: Pick<SqpWorkspace, "current" | "defects" | "scratch">,
  x0: Vec,
  given: Vec,
): boolean {
  const { nx } = ocp.dynamics;
  x[0].set(x0);
  defects.open = false;
  defects.price.fill(0);
  for (let k = 0; k < ocp.N; k++) {
    ocp.dynamics.step(x[k], u[k], k, x[k + 1]);
    for (let i = 0; i < nx; i++) scratch.target[i] = given[(k + 1) * nx + i];
    stateDifference(ocp.angles, scratch.target, x[k + 1], scratch.x);
    for (let i = 0; i < nx; i++) {
      defects.E[k * nx + i] = scratch.x[i];
      if (scratch.x[i] !== 0) defects.open = true;
      x[k + 1][i] += scratch.x[i];
    }
  }
  return isFiniteVec(X) && isFiniteVec(U);
}

/** Largest |E_ki|, in the problem's units; 0 where none is open. */
export function largestDefect({ open, E }: Defects): number {
  let most = 0;
  for (let i = 0; open && i < E.length; i++) most = Math.max(most, Math.abs(E[i]));
  return most;
}

/** Largest |E_ki| as a share of the size of its state. */
export function defectShare({
  defects: { open, E },
  scales,
}: Pick<SqpWorkspace, "defects" | "scales">): number {
  const { x } = scales;
  let most = 0;
  for (let i = 0; open && i < E.length; i++) {
    if (E[i] !== 0) most = Math.max(most, Math.abs(E[i]) / x[i % x.length]);
  }
  return most;
}

/**
 * The step that the gaps alone ask for, with the regulator's feedback so that it does not grow where the dynamics are
 * unstable: `v_k = K_k e_k`, `e_{k+1} = A_k e_k + B_k v_k - E_k`, e_0 = 0.
 */
export function closingStep({
  shape,
  qp,
  regulator,
  defects,
}: Pick<SqpWorkspace, "shape" | "qp" | "regulator" | "defects">): void {
  const { N, nx, nu } = shape;
  const { E, e, v } = defects;
  e.fill(0, 0, nx);
  for (let k = 0; k < N; k++) {
    for (let j = 0; j < nu; j++) {
      const at = k * nu + j;
      v[at] = 0;
      for (let i = 0; i < nx; i++) v[at] += regulator.K[at * nx + i] * e[k * nx + i];
    }
    for (let i = 0; i < nx; i++) {
      const at = k * nx + i;
      let next = -E[at];
      for (let l = 0; l < nx; l++) next += qp.A[at * nx + l] * e[k * nx + l];
      for (let j = 0; j < nu; j++) next += qp.B[at * nu + j] * v[k * nu + j];
      e[at + nx] = next;
    }
  }
}

/** The way from the problem's units to those of a scaled QP. */
type Units = { readonly u: Vec; readonly x: Vec };

/**
 * Rewrites a QP that knows no gaps into one in the steps that remain beside the {@link closingStep}: with `dx = e + dx'`
 * and `du = v + du'` the dynamics of dx', du' have none.
 */
export function offsetByDefects(
  { defects: { e, v } }: Pick<SqpWorkspace, "defects">,
  qp: Qp,
  unit: Units,
): void {
  const { N, nx, nu, nb, boxIndex, rowStart, controlRow } = qp.shape;
  const by = (M: Vec, row: number, n: number, d: Vec, size: Vec, k: number): number => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (M[row * n + j] * d[k * n + j]) / size[j];
    return sum;
  };
  for (let k = 0; k <= N; k++) {
    for (let i = k * nx; k > 0 && i < (k + 1) * nx; i++) qp.q[i] += by(qp.Q, i, nx, e, unit.x, k);
    for (let j = 0; k < N && j < nu; j++) {
      const at = k * nu + j;
      const pull = v[at] / unit.u[j];
      qp.r[at] += by(qp.R, at, nu, v, unit.u, k) + by(qp.M, at, nx, e, unit.x, k);
      for (let i = 0; k > 0 && i < nx; i++) qp.q[k * nx + i] += qp.M[at * nx + i] * pull;
      qp.uLower[at] -= pull;
      qp.uUpper[at] -= pull;
    }
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      qp.c[row] += by(qp.C, row, nx, e, unit.x, k);
      if (controlRow[row] >= 0) qp.c[row] += by(qp.D, controlRow[row], nu, v, unit.u, k);
    }
    for (let j = 0; j < nb; j++) {
      const pull = e[k * nx + boxIndex[j]] / unit.x[boxIndex[j]];
      qp.xLower[k * nb + j] -= pull;
      qp.xUpper[k * nb + j] -= pull;
    }
  }
}

/** Adds the {@link closingStep} to a QP's step. */
export function addClosingStep(
  { defects: { e, v } }: Pick<SqpWorkspace, "defects">,
  { dX, dU }: QpSolution,
): void {
  for (let i = 0; i < dX.length; i++) dX[i] += e[i];
  for (let i = 0; i < dU.length; i++) dU[i] += v[i];
}

/**
 * The candidate of multiple shooting: `x + alpha dX` and `u + alpha dU` as they are, with the gaps that this leaves.
 *
 * @returns whether it is finite
 */
export function shiftStates(
  ocp: Ocp,
  { current, candidate, defects }: Pick<SqpWorkspace, "current" | "candidate" | "defects">,
  alpha: number,
  { dX, dU }: Pick<QpSolution, "dX" | "dU">,
): boolean {
  const { nx } = ocp.dynamics;
  const { X, U, x, u } = candidate;
  for (let i = 0; i < X.length; i++) X[i] = current.X[i] + alpha * dX[i];
  for (let i = 0; i < U.length; i++) U[i] = current.U[i] + alpha * dU[i];
  for (let k = 0; k < ocp.N; k++) {
    const next = defects.next.subarray(k * nx, (k + 1) * nx);
    clipControl(ocp, u[k], k);
    ocp.dynamics.step(x[k], u[k], k, next);
    for (let i = 0; i < nx; i++) next[i] = x[k + 1][i] - next[i];
  }
  return isFiniteVec(defects.next) && isFiniteVec(X);
}

/** What gaps E cost in the merit. */
export function priceOfGaps({ price }: Defects, E: Vec): number {
  const nx = price.length;
  let sum = 0;
  for (let i = 0; i < E.length; i++) sum += price[i % nx] * Math.abs(E[i]);
  return sum;
}

/**
 * Prices of the gaps: no less than costates take for them, for less a merit would rather keep gaps than close them, and all
 * raised alike until those of the iterate cost `least`. They never fall.
 */
export function priceGaps(
  { adjoint, defects, scales }: Pick<SqpWorkspace, "adjoint" | "defects" | "scales">,
  least: number,
): void {
  const { E, price } = defects;
  const nx = price.length;
  const { costate } = adjoint;
  for (let i = nx; i < costate.length; i++) price[i % nx] = Math.max(price[i % nx], Math.abs(costate[i]));
  const now = priceOfGaps(defects, E);
  if (now >= least) return;
  if (now > 0) {
    for (let i = 0; i < nx; i++) price[i] *= least / now;
    return;
  }
  let sum = 0;
  for (let i = 0; i < E.length; i++) if (E[i] !== 0) sum += Math.abs(E[i]) / scales.x[i % nx];
  for (let i = 0; i < nx; i++) if (scales.x[i] > 0) price[i] = least / sum / scales.x[i];
}

/**
 * Closes the gaps at once: the states are tracked in closed loop with the gains in `w.K`, and the rollout becomes `current`.
 *
 * @returns whether it is finite; where it is not, all stays as it was
 */
export function closeDefects(ocp: Ocp, w: SqpWorkspace): boolean {
  w.defects.open = false;
  w.K.set(w.regulator.K);
  const { e, v } = w.defects;
  e.fill(0);
  v.fill(0);
  if (!closedLoopRollout(ocp, w, 1, { dX: e, dU: v }, true)) {
    w.defects.open = true;
    return false;
  }
  evaluateConstraints(ocp, w.shape, w.candidate);
  [w.current, w.candidate] = [w.candidate, w.current];
  return true;
}
