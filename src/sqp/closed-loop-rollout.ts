import { clipControl, isFiniteVec, type Ocp, stateDifference } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/**
 * Rolls out the candidate of step alpha in closed loop (MATH section 2, step 4; arXiv 2109.07081):
 *
 *     u_k = clip(U_k + alpha dU_k + K_k wrap(x_k - X_k - alpha dX_k))
 *
 * @param dX (N + 1, nx) and dU (N, nu) the QP's step
 * @returns whether the candidate is finite
 */
export function closedLoopRollout(
  ocp: Ocp,
  w: SqpWorkspace,
  alpha: number,
  dX: Float64Array,
  dU: Float64Array,
  feedback: boolean,
): boolean {
  const { N, nx, nu, K, current, candidate, scratchX, scratchX2 } = w;
  candidate.x[0].set(current.x[0]);
  for (let k = 0; k < N; k++) {
    const u = candidate.u[k];
    for (let i = 0; i < nu; i++) u[i] = current.u[k][i] + alpha * dU[k * nu + i];
    if (feedback) {
      for (let j = 0; j < nx; j++) scratchX2[j] = current.x[k][j] + alpha * dX[k * nx + j];
      stateDifference(ocp.angles, candidate.x[k], scratchX2, scratchX);
      for (let i = 0; i < nu; i++) {
        const row = (k * nu + i) * nx;
        for (let j = 0; j < nx; j++) u[i] += K[row + j] * scratchX[j];
      }
    }
    clipControl(ocp, u);
    ocp.dynamics.step(candidate.x[k], u, k, candidate.x[k + 1]);
  }
  return isFiniteVec(candidate.X) && isFiniteVec(candidate.U);
}
