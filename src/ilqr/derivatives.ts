import {
  addJointBlocks,
  addTransposed,
  curvatureSizes,
  projectEigenvalues,
  projectJointBlocks,
} from "../linalg/index.ts";
import { isFiniteVec, type Ocp } from "../ocp/index.ts";
import type { IlqrHessian } from "./options.ts";
import { curvatureOf, type IlqrWorkspace } from "./workspace.ts";

/**
 * Derivatives along the iterate, and the gradient dJ/dU by the adjoint recursion
 * `p_N = dlN/dx`, `dJ/du_k = r + B'p_{k+1}`, `p_k = q + A'p_{k+1}`.
 *
 * The blocks Q, R, M hold the Hessian of the cost ("gaussNewton") or of the Hamiltonian `l + p'f`
 * ("full"). The latter takes the adjoint p, not the V_x of the backward pass as DDP
 * does: both agree at a solution, and p needs no second evaluation when the regularization is raised.
 *
 * @returns whether every number is finite
 */
export function evaluateDerivatives(ocp: Ocp, w: IlqrWorkspace, hessian: IlqrHessian): boolean {
  const { N, nx, nu, current, derivatives, gradient } = w;
  const { A, B, q, r, Q, R, M } = derivatives;
  const { x, u } = current;
  w.convex = false;
  ocp.terminalGradient(x[N], q[N]);
  ocp.terminalHessian(x[N], Q[N]);
  w.costate[1].set(q[N]);
  for (let k = N - 1; k >= 0; k--) {
    ocp.dynamics.jacobian(x[k], u[k], k, A[k], B[k]);
    ocp.stageGradient(x[k], u[k], k, q[k], r[k]);
    ocp.stageHessian(x[k], u[k], k, Q[k], R[k], M[k]);
    if (hessian === "full") addCurvature(ocp, w, k);
    const [p, next] = w.costate;
    gradient.set(r[k], k * nu);
    addTransposed(B[k], 0, next, 0, nu, nx, 1, gradient, k * nu);
    p.set(q[k]);
    addTransposed(A[k], 0, next, 0, nx, nx, 1, p, 0);
    next.set(p);
  }
  return isFiniteVec(w.derivativesFlat) && isFiniteVec(gradient);
}

/** Raises the negative eigenvalues of every block `[Q M'; M R]`, and of the terminal Q, to zero. */
export function makeConvex(w: IlqrWorkspace): void {
  if (w.convex) return;
  const { N, nx, nu, joint, eigen } = w;
  const { Q, R, M } = w.derivatives;
  curvatureSizes(Q, nx, w.size, 0);
  curvatureSizes(R, nu, w.size, nx);
  for (let k = 0; k < N; k++) projectJointBlocks(nx, nu, Q[k], R[k], M[k], w.size, joint, eigen);
  projectEigenvalues(Q[N], nx, w.size, eigen);
  w.convex = true;
}

/** Adds `sum_i p_i d2 f_i` of stage k to the blocks, p the costate of stage k + 1. */
function addCurvature(ocp: Ocp, w: IlqrWorkspace, k: number): void {
  const { nx, nu, joint, current } = w;
  const { Q, R, M } = w.derivatives;
  joint.fill(0);
  curvatureOf(w, ocp).dynamics(current.x[k], current.u[k], k, w.costate[1], joint);
  addJointBlocks(joint, nx, nu, Q[k], R[k], M[k]);
}

/** Stationarity residual: the largest |u - clip(u - dJ/du)|, zero at a minimiser within the bounds. */
export function projectedGradient(ocp: Ocp, w: IlqrWorkspace): number {
  const { gradient } = w;
  const period = ocp.uLower.length;
  const { U } = w.current;
  let worst = 0;
  for (let i = 0; i < U.length; i++) {
    const j = i % period;
    const moved = Math.min(ocp.uUpper[j], Math.max(ocp.uLower[j], U[i] - gradient[i]));
    worst = Math.max(worst, Math.abs(U[i] - moved));
  }
  return worst;
}
