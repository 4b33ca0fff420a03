import type { Vec } from "../ocp/index.ts";
import { type Qp, type QpSolution, rowValue } from "../qp/index.ts";
import { addRowWeight } from "./gains.ts";
import { addBlocks } from "./hessian-blocks.ts";
import type { HessianBlocks, SqpWorkspace } from "./workspace.ts";

/** A control this near its bound, as a share of its size, with a gradient of this share of its terms, is held there. */
const HELD = 1e-5;
/** A constraint this near zero, as a share of what it changes by, with a multiplier, is active. */
const HELD_CONSTRAINT = 1e-3;
/** Curvature that fixes a control or a constraint, relative to the cost's, and more of it for where that does not. */
export const FIXED = 1e5;
export const FIRMLY_FIXED = 1e8;
/** Less curvature than this share of the cost's is none. */
export const LEAST_CURVATURE = 1e-4;

type ConvexityGroups = Pick<
  SqpWorkspace,
  | "shape"
  | "current"
  | "qp"
  | "costHessian"
  | "adjoint"
  | "duals"
  | "scratch"
  | "regulator"
  | "scales"
  | "held"
>;

/**
 * Whether the QP is convex where it can move: R + B'PB stays positive in the backward recursion, a ten-thousandth of the
 * cost's own Hessian taken off (of its diagonal alone would be too much where a control sees far more than the lightest
 * combination of controls does, as the rotors of a quadrotor), with what is held taken as fixed ({@link weighHeld}).
 */
export function isConvexInControls(w: ConvexityGroups, fixed = FIXED): boolean {
  const { qp, costHessian, scratch, held } = w;
  const { Q, R, M, gains } = scratch;
  addBlocks(qp, -LEAST_CURVATURE, costHessian, scratch);
  held.inQp = false;
  if (gains.exist({ A: qp.A, B: qp.B, Q, R, M })) return true;
  weighHeld(w, fixed);
  addBlocks(qp, -LEAST_CURVATURE, costHessian, scratch);
  addHeld(w, scratch);
  held.inQp = true;
  return gains.exist({ A: qp.A, B: qp.B, Q, R, M });
}

/** Weights of what is held: controls at a bound that the gradient pushes against, constraints at zero with a multiplier. */
export function weighHeld(
  { shape, current, qp, adjoint, duals, regulator, scales, held }: ConvexityGroups,
  fixed = FIXED,
): void {
  const { N, nu, equal } = shape;
  for (let i = 0; i < N * nu; i++) {
    const j = i % nu;
    const g = adjoint.gradient[i];
    const room = g > 0 ? -qp.uLower[i] : qp.uUpper[i];
    const stays = room <= HELD * scales.u[j] && Math.abs(g) > HELD * scales.gradient[j];
    held.u[i] = stays ? fixed * regulator.curvature[i] : 0;
  }
  for (let at = 0; at < held.con.length; at++) {
    const stays =
      Math.abs(current.con[at]) <= HELD_CONSTRAINT * scales.c[at] &&
      (equal[at] === 1 || duals.Y[at] * scales.c[at] > HELD * scales.cost);
    held.con[at] = stays ? (fixed * scales.cost) / scales.c[at] ** 2 : 0;
  }
}

/** Adds the curvature of what is held to a Hessian. */
export function addHeld(
  { shape, qp, held }: Pick<ConvexityGroups, "shape" | "qp" | "held">,
  to: HessianBlocks,
): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start } = shape;
  for (let i = 0; i < N * nu; i++) to.R[i * nu + (i % nu)] += held.u[i];
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (held.con[at] > 0) addRowWeight(qp, k, row, held.con[at], to);
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      const i = boxIndex[j % nb];
      to.Q[(k * nx + i) * nx + i] += held.con[at];
    }
  }
}

/**
 * Takes what is held into a QP's objective, each as `weight / 2` times the square of what is left of it: convex, and with the same
 * solution where it stays held.
 *
 * @param qp the QP in the units of `unit`: factors of the weights of constraints and controls
 */
export function holdInQp(
  { shape, held }: Pick<ConvexityGroups, "shape" | "held">,
  qp: Qp,
  unit: { readonly cost: number; readonly u: Vec; readonly x: Vec; readonly row: Vec },
): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  for (let i = 0; i < N * nu; i++) {
    if (held.u[i] === 0) continue;
    const weight = unit.cost * held.u[i] * unit.u[i % nu] ** 2;
    qp.R[i * nu + (i % nu)] += weight;
    qp.r[i] -= weight * nearest(qp.uLower[i], qp.uUpper[i]);
  }
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (held.con[at] === 0) continue;
      const weight = unit.cost * held.con[at] * unit.row[row] ** 2;
      addRowWeight(qp, k, row, weight, qp);
      for (let i = 0; i < nx; i++) qp.q[k * nx + i] += weight * qp.c[row] * qp.C[row * nx + i];
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) qp.r[k * nu + j] += weight * qp.c[row] * qp.D[d + j];
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      if (held.con[at] === 0) continue;
      const i = boxIndex[j % nb];
      const weight = unit.cost * held.con[at] * unit.x[i] ** 2;
      qp.Q[(k * nx + i) * nx + i] += weight;
      qp.q[k * nx + i] -= weight * (j < nb ? qp.xLower : qp.xUpper)[k * nb + (j % nb)];
    }
  }
}

/** Takes from the multipliers of a QP's solution what {@link holdInQp} added to the objective. @param qp without it */
export function withoutHeld(
  { shape, held, qp }: Pick<ConvexityGroups, "shape" | "held" | "qp">,
  { dX, dU, multipliers }: QpSolution,
): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, equality } = shape;
  for (let i = 0; i < N * nu; i++) {
    if (held.u[i] === 0) continue;
    const d = dU[i] - nearest(qp.uLower[i], qp.uUpper[i]);
    const { uLower, uUpper } = multipliers;
    if (-qp.uLower[i] <= qp.uUpper[i]) uLower[i] = Math.max(0, uLower[i] - held.u[i] * d);
    else uUpper[i] = Math.max(0, uUpper[i] + held.u[i] * d);
  }
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (held.con[at] === 0) continue;
      const y = multipliers.rows[row] - held.con[at] * rowValue(qp, k, row, dX, dU);
      multipliers.rows[row] = equality[row] === 1 ? y : Math.max(0, y);
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      if (held.con[at] === 0) continue;
      const [b, x] = [k * nb + (j % nb), dX[k * nx + boxIndex[j % nb]]];
      const c = j < nb ? x - qp.xLower[b] : qp.xUpper[b] - x;
      const y = j < nb ? multipliers.xLower : multipliers.xUpper;
      y[b] = Math.max(0, y[b] - held.con[at] * c);
    }
  }
}

/** The bound that a step is nearer to from zero. */
const nearest = (lower: number, upper: number): number => (-lower <= upper ? lower : upper);
