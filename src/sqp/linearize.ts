import type { Ocp } from "../ocp/index.ts";
import { evaluateConstraints } from "./constraints.ts";
import type { Iterate, StagedQp } from "./workspace.ts";

/**
 * First-order part of the QP at an iterate: A, B, q, r, rows C and c, bounds on the step; and the values of
 * the iterate's constraints (docs/solver.md#linearize).
 */
export function linearize(ocp: Ocp, t: Iterate, qp: StagedQp): void {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const { stage } = qp;
  for (let k = 0; k < N; k++) {
    ocp.dynamics.jacobian(t.x[k], t.u[k], k, stage.A[k], stage.B[k]);
    ocp.stageGradient(t.x[k], t.u[k], k, stage.q[k], stage.r[k]);
    for (let i = 0; i < nu; i++) {
      qp.uLower[k * nu + i] = ocp.uLower[i] - t.u[k][i];
      qp.uUpper[k * nu + i] = ocp.uUpper[i] - t.u[k][i];
    }
  }
  ocp.terminalGradient(t.x[N], stage.q[N]);
  for (let i = 0; i < nx; i++) qp.q[i] = 0; // dx_0 = 0: the gradient there says nothing
  evaluateConstraints(ocp, t);
  for (let k = 1; k <= N; k++) {
    if (nc > 0) {
      ocp.rows!.jacobian(t.x[k], k, stage.C[k]);
      for (let i = 0; i < nc; i++) qp.c[k * nc + i] = t.rows[k][i];
    }
    for (let j = 0; j < nb; j++) {
      const v = t.x[k][boxIndex[j]];
      qp.xLower[k * nb + j] = ocp.stateBox!.lower[j] - v;
      qp.xUpper[k * nb + j] = ocp.stateBox!.upper[j] - v;
    }
  }
}
