import { addTransposed } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Adjoint, SqpShape, StagedQp } from "./workspace.ts";

/**
 * Costates and gradient of the Lagrangian at a linearized iterate with multipliers Y (N + 1, m), backwards:
 *
 *     p_k = q_k + A_k'p_{k+1} - C_k'y_k,   g_k = r_k + B_k'p_{k+1}
 *
 * where C_k y_k counts the state box too (docs/solver.md#adjoint).
 *
 * @param out written; costates of k = 1..N
 */
export function adjoint(shape: SqpShape, qp: StagedQp, Y: Vec, out: Adjoint): void {
  const { N, nx, nu, nc, nb, m, boxIndex } = shape;
  const { costate, gradient } = out;
  costate.set(qp.q);
  for (let k = N; k >= 1; k--) {
    const x = k * nx;
    if (k < N) addTransposed(qp.A, x * nx, costate, x + nx, nx, nx, 1, costate, x);
    for (let c = 0; c < nc; c++) {
      for (let i = 0; i < nx; i++) costate[x + i] -= qp.C[(k * nc + c) * nx + i] * Y[k * m + c];
    }
    for (let j = 0; j < nb; j++) {
      costate[x + boxIndex[j]] += Y[k * m + nc + nb + j] - Y[k * m + nc + j];
    }
  }
  gradient.set(qp.r);
  for (let k = 0; k < N; k++) {
    addTransposed(qp.B, k * nx * nu, costate, (k + 1) * nx, nu, nx, 1, gradient, k * nu);
  }
}
