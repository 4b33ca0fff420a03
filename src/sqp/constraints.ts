import { evaluateStage, type Ocp, type Vec, violationOf } from "../ocp/index.ts";
import { type Qp, type QpMultipliers, type QpSolution, rowValue } from "../qp/index.ts";
import type { Duals, Iterate, SqpShape } from "./workspace.ts";

/** Writes the stacked constraint values of a trajectory. */
export function evaluateConstraints(ocp: Ocp, shape: SqpShape, t: Iterate): void {
  for (let k = 0; k <= ocp.N; k++) evaluateStage(ocp, shape, t.x[k], t.u[k], k, t.con, t.rows);
}

/** Linearized change of the stacked constraints of stage k for a step, into out (m). */
export function constraintChange(
  shape: SqpShape,
  qp: Qp,
  k: number,
  { dX, dU }: Pick<QpSolution, "dX" | "dU">,
  out: Vec,
): void {
  const { nx, nb, boxIndex, rowStart, start } = shape;
  let at = start[k];
  for (let row = rowStart[k]; row < rowStart[k + 1]; row++)
    out[at++] = rowValue(qp, k, row, dX, dU) - qp.c[row];
  if (k === 0) return;
  for (let j = 0; j < nb; j++) {
    const d = dX[k * nx + boxIndex[j]];
    out[at + j] = d;
    out[at + nb + j] = -d;
  }
}

/** dY = the QP's multipliers, stacked as the constraints are, minus Y. */
export function multiplierStep(shape: SqpShape, multipliers: QpMultipliers, { Y, dY }: Duals): void {
  const { N, nb, rowStart, start } = shape;
  const { rows, xLower, xUpper } = multipliers;
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) dY[at++] = rows[row];
    for (let j = 0; k > 0 && j < nb; j++) {
      dY[at + j] = xLower[k * nb + j];
      dY[at + nb + j] = xUpper[k * nb + j];
    }
  }
  for (let i = 0; i < Y.length; i++) dY[i] -= Y[i];
}

/** Largest violation (>= 0) of the stacked constraint values. */
export function largestViolation(shape: SqpShape, con: Vec): number {
  let worst = 0;
  for (let at = 0; at < con.length; at++) worst = Math.max(worst, violationOf(shape, at, con[at]));
  return worst;
}
