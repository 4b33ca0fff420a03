import { clipControl, isFiniteVec, type Ocp, stateDifference, type Vec } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

type RolloutGroups = Pick<SqpWorkspace, "current" | "candidate" | "K" | "scratch">;

/**
 * Rolls out the candidate of step alpha in closed loop (docs/solver.md#closed-loop-rollout; arXiv 2109.07081):
 *
 *     u_k = clip(U_k + alpha dU_k + K_k wrap(x_k - X_k - alpha dX_k))
 *
 * @param dX (N + 1, nx) and dU (N, nu) the QP's step
 * @returns whether the candidate is finite
 */
export function closedLoopRollout(
  ocp: Ocp,
  w: RolloutGroups,
  alpha: number,
  { dX, dU }: { readonly dX: Vec; readonly dU: Vec },
  feedback: boolean,
): boolean {
  const { current, candidate, scratch } = w;
  const { nx, nu } = ocp.dynamics;
  candidate.x[0].set(current.x[0]);
  for (let k = 0; k < ocp.N; k++) {
    const u = candidate.u[k];
    for (let i = 0; i < nu; i++) u[i] = current.u[k][i] + alpha * dU[k * nu + i];
    if (feedback) {
      for (let j = 0; j < nx; j++) scratch.target[j] = current.x[k][j] + alpha * dX[k * nx + j];
      addFeedback(ocp, w, k, candidate.x[k], u);
    } else {
      clipControl(ocp, u, k);
    }
    ocp.dynamics.step(candidate.x[k], u, k, candidate.x[k + 1]);
  }
  return isFiniteVec(candidate.X) && isFiniteVec(candidate.U);
}

/** u (nu) <- clip(u + K_k wrap(x - target)), with the (nx) target in the scratch. */
export function addFeedback(
  ocp: Ocp,
  w: Pick<SqpWorkspace, "K" | "scratch">,
  k: number,
  x: Vec,
  u: Vec,
): void {
  const { nx, nu } = ocp.dynamics;
  const d = w.scratch.x;
  stateDifference(ocp.angles, x, w.scratch.target, d);
  for (let i = 0; i < nu; i++) {
    const row = (k * nu + i) * nx;
    for (let j = 0; j < nx; j++) u[i] += w.K[row + j] * d[j];
  }
  clipControl(ocp, u, k);
}
