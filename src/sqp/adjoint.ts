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
  for (let k = N; k >= 1; k--) {
    const x = k * nx;
    for (let i = 0; i < nx; i++) {
      let s = qp.q[x + i];
      if (k < N) for (let l = 0; l < nx; l++) s += qp.A[k * nx * nx + l * nx + i] * costate[x + nx + l];
      for (let c = 0; c < nc; c++) s -= qp.C[(k * nc + c) * nx + i] * Y[k * m + c];
      costate[x + i] = s;
    }
    for (let j = 0; j < nb; j++) {
      costate[x + boxIndex[j]] += Y[k * m + nc + nb + j] - Y[k * m + nc + j];
    }
  }
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      let g = qp.r[k * nu + i];
      for (let l = 0; l < nx; l++) g += qp.B[k * nx * nu + l * nu + i] * costate[(k + 1) * nx + l];
      gradient[k * nu + i] = g;
    }
  }
}
