import { addTransposed } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Adjoint, SqpShape, StagedQp } from "./workspace.ts";

/**
 * Costates and gradient of the Lagrangian at a linearized iterate with multipliers Y (m), backwards:
 *
 *     p_k = q_k + A_k'p_{k+1} - C_k'y_k,   g_k = r_k + B_k'p_{k+1} - D_k'y_k
 *
 * where C_k y_k counts the state box too (docs/solver.md#adjoint).
 *
 * @param out written; costates of k = 1..N
 */
export function adjoint(shape: SqpShape, qp: StagedQp, Y: Vec, out: Adjoint): void {
  out.costate.set(qp.q);
  out.gradient.set(qp.r);
  pullBack(shape, qp, Y, out);
}

/** The same with what stands in `out` for the gradients q and r of the cost. */
export function pullBack(shape: SqpShape, qp: StagedQp, Y: Vec, out: Adjoint): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { costate, gradient } = out;
  for (let k = N; k >= 0; k--) {
    const x = k * nx;
    if (k < N) {
      addTransposed(qp.B, x * nu, costate, x + nx, nu, nx, 1, gradient, k * nu);
      if (k > 0) addTransposed(qp.A, x * nx, costate, x + nx, nx, nx, 1, costate, x);
    }
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      const d = controlRow[row] * nu;
      for (let i = 0; d >= 0 && i < nu; i++) gradient[k * nu + i] -= qp.D[d + i] * Y[at];
      if (k > 0) for (let i = 0; i < nx; i++) costate[x + i] -= qp.C[row * nx + i] * Y[at];
    }
    for (let j = 0; k > 0 && j < nb; j++) costate[x + boxIndex[j]] += Y[at + nb + j] - Y[at + j];
  }
}
