import type { Ocp, SoftPenalty, Vec } from "../ocp/index.ts";
import type { Qp, QpMultipliers } from "../qp/index.ts";
import type { Duals, Iterate, SqpShape } from "./workspace.ts";

/** Stands for "no bound": large enough never to matter, finite so that products with zero stay zero. */
const UNBOUNDED = 1e30;

/** Writes the stacked constraint values [rows | state - lower | upper - state] of every stage of a trajectory. */
export function evaluateConstraints(ocp: Ocp, t: Iterate): void {
  const { con } = t;
  if (con.length === 0) return;
  const box = ocp.stateBox;
  const nc = ocp.rows?.count ?? 0;
  const nb = box?.index.length ?? 0;
  for (let k = 1; k <= ocp.N; k++) {
    if (nc > 0) ocp.rows!.value(t.x[k], k, t.rows[k]);
    if (box === undefined) continue;
    const offset = k * (nc + 2 * nb) + nc;
    for (let j = 0; j < nb; j++) {
      const v = t.x[k][box.index[j]];
      con[offset + j] = box.lower[j] === Number.NEGATIVE_INFINITY ? UNBOUNDED : v - box.lower[j];
      con[offset + nb + j] = box.upper[j] === Number.POSITIVE_INFINITY ? UNBOUNDED : box.upper[j] - v;
    }
  }
}

/** Linearized change of the stacked constraints of stage k for dX (N + 1, nx), into out[offset..]. */
export function constraintChange(qp: Qp, k: number, dX: Vec, out: Vec, offset: number): void {
  const { nx, nc, nb, boxIndex } = qp.shape;
  for (let i = 0; i < nc; i++) {
    let s = 0;
    const row = (k * nc + i) * nx;
    for (let j = 0; j < nx; j++) s += qp.C[row + j] * dX[k * nx + j];
    out[offset + i] = s;
  }
  for (let j = 0; j < nb; j++) {
    const d = dX[k * nx + boxIndex[j]];
    out[offset + nc + j] = d;
    out[offset + nc + nb + j] = -d;
  }
}

/** Value of row i of stage k in the QP, at its step dX (N + 1, nx) or at no step. */
export function linearizedRow(qp: Qp, k: number, i: number, dX?: Vec): number {
  const { nx, nc } = qp.shape;
  let c = qp.c[k * nc + i];
  if (dX !== undefined) for (let j = 0; j < nx; j++) c += qp.C[(k * nc + i) * nx + j] * dX[k * nx + j];
  return c;
}

/** dY = the QP's multipliers, stacked as the constraints are, minus Y. */
export function multiplierStep(shape: SqpShape, multipliers: QpMultipliers, duals: Duals): void {
  const { N, nc, nb, m } = shape;
  const { Y, dY } = duals;
  const { rows, xLower, xUpper } = multipliers;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < nc; i++) dY[k * m + i] = rows[k * nc + i] - Y[k * m + i];
    for (let j = 0; j < nb; j++) {
      const lower = k * m + nc + j;
      dY[lower] = xLower[k * nb + j] - Y[lower];
      dY[lower + nb] = xUpper[k * nb + j] - Y[lower + nb];
    }
  }
}

/** Weights of the penalty paid for a violated constraint; hard ones have none. */
export type ConstraintPenalty = SoftPenalty & { readonly hard: boolean };

/** Penalty of the rows and of the state box. */
export type ConstraintPenalties = { readonly rows: ConstraintPenalty; readonly box: ConstraintPenalty };

/** The penalties a problem asks for. */
export function constraintPenalties(ocp: Ocp): ConstraintPenalties {
  const of = (soft: SoftPenalty | undefined): ConstraintPenalty =>
    soft === undefined ? { hard: true, linear: 0, quadratic: 0 } : { hard: false, ...soft };
  return { rows: of(ocp.rows?.soft), box: of(ocp.stateBox?.soft) };
}

/** Largest violation (>= 0) of the stacked constraint values. */
export function largestViolation(con: Vec): number {
  let worst = 0;
  for (let i = 0; i < con.length; i++) if (-con[i] > worst) worst = -con[i];
  return worst;
}
