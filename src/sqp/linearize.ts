import { boundsOffset, type Ocp, rowGroups } from "../ocp/index.ts";
import { evaluateConstraints } from "./constraints.ts";
import type { Iterate, SqpShape, StagedQp } from "./workspace.ts";

/**
 * First-order part of the QP at an iterate: A, B, q, r, rows C, D and c, bounds on the step; and the values of
 * the iterate's constraints (docs/solver.md#linearize).
 */
export function linearize(ocp: Ocp, shape: SqpShape, t: Iterate, qp: StagedQp): void {
  const { N, nx, nu, nb, boxIndex, blocks } = shape;
  const { stage } = qp;
  for (let k = 0; k < N; k++) {
    ocp.dynamics.jacobian(t.x[k], t.u[k], k, stage.A[k], stage.B[k]);
    ocp.stageGradient(t.x[k], t.u[k], k, stage.q[k], stage.r[k]);
    const o = boundsOffset(ocp.uLower, nu, k);
    for (let i = 0; i < nu; i++) {
      qp.uLower[k * nu + i] = ocp.uLower[o + i] - t.u[k][i];
      qp.uUpper[k * nu + i] = ocp.uUpper[o + i] - t.u[k][i];
    }
  }
  ocp.terminalGradient(t.x[N], stage.q[N]);
  for (let i = 0; i < nx; i++) qp.q[i] = 0; // dx_0 = 0: the gradient there says nothing
  evaluateConstraints(ocp, shape, t);
  const groups = rowGroups(ocp);
  for (let b = 0; b < blocks.length; b++) {
    const { group, k, row, count } = blocks[b];
    groups[group].jacobian(t.x[k], t.u[k], k, stage.C[b], stage.D[b]);
    for (let i = 0; i < count; i++) qp.c[row + i] = t.rows[b][i];
  }
  for (let k = 1; k <= N && nb > 0; k++) {
    const { lower, upper } = ocp.stateBox!;
    const o = boundsOffset(lower, nb, k);
    for (let j = 0; j < nb; j++) {
      const v = t.x[k][boxIndex[j]];
      qp.xLower[k * nb + j] = lower[o + j] - v;
      qp.xUpper[k * nb + j] = upper[o + j] - v;
    }
  }
}
