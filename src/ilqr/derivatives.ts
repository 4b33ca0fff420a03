import {
  addJointBlocks,
  addTransposed,
  curvatureSizes,
  projectEigenvalues,
  projectJointBlocks,
} from "../linalg/index.ts";
import { hasSlope, isFiniteVec, type Ocp, sizeFrom } from "../ocp/index.ts";
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
  w.units.gradient.fill(0);
  w.dx.fill(0);
  for (let k = N - 1; k >= 0; k--) {
    ocp.dynamics.jacobian(x[k], u[k], k, A[k], B[k]);
    ocp.stageGradient(x[k], u[k], k, q[k], r[k]);
    ocp.stageHessian(x[k], u[k], k, Q[k], R[k], M[k]);
    if (hessian === "full") addCurvature(ocp, w, k);
    const [p, next] = w.costate;
    gradient.set(r[k], k * nu);
    addTransposed(B[k], 0, next, 0, nu, nx, 1, gradient, k * nu);
    addTerms(w, k);
    p.set(q[k]);
    addTransposed(A[k], 0, next, 0, nx, nx, 1, p, 0);
    next.set(p);
  }
  naturalUnits(ocp, w);
  return isFiniteVec(w.derivativesFlat) && isFiniteVec(gradient);
}

/** The largest |r_j| + sum_i |B_ij| (|p_i| + |q_i|) of each control over the horizon, |p_i| the largest from there on, in `dx`. */
function addTerms({ nx, nu, derivatives, costate, units, own, dx: price }: IlqrWorkspace, k: number): void {
  const parts = (whole: number, part: number | undefined): number =>
    part === undefined ? Math.abs(whole) : Math.abs(part) + Math.abs(whole - part);
  for (let i = 0; i < nx; i++) price[i] = Math.max(price[i], Math.abs(costate[1][i]));
  for (let j = 0; j < nu; j++) {
    let size = parts(derivatives.r[k][j], own?.r[k][j]);
    for (let i = 0; i < nx; i++) {
      const b = Math.abs(derivatives.B[k][i * nu + j]);
      size += b * (price[i] + parts(derivatives.q[k + 1][i], own?.q[k + 1][i]));
    }
    units.gradient[j] = Math.max(units.gradient[j], size);
  }
}

/** A gradient below this share of curvature times size is rounding of the states and controls themselves. */
const ROUNDING = 1e-14;
/** The same, of how far states move, of a cost that has no slope, as at a goal. */
const ROUNDING_AT_GOAL = 1e-9;

/** More of a gradient's terms than this is not put down to rounding while constraints are violated. */
const TRUST = 1e-2;

/** Size, curvature and rounding of each control over the horizon. */
function naturalUnits(ocp: Ocp, w: IlqrWorkspace): void {
  const { N, nx, nu, current, derivatives, units, violated } = w;
  const { B, Q, R, q, r } = derivatives;
  const period = ocp.uLower.length;
  const { x, u } = current;
  const slope = hasSlope(
    { z: x, gradient: q, hessian: Q, from: x[0] },
    { z: u, gradient: r, hessian: R, least: units.most },
  );
  const share = slope ? ROUNDING : ROUNDING_AT_GOAL;
  for (let j = 0; j < nu; j++) {
    let [size, width, curvature, noise] = [0, 0, 0, 0];
    for (let i = j; i < N * nu; i += nu) {
      size = Math.max(size, Math.abs(current.U[i]));
      const between = ocp.uUpper[i % period] - ocp.uLower[i % period];
      if (between < Infinity) width = Math.max(width, between);
    }
    for (let k = 0; k < N; k++) {
      let seen = Math.abs(R[k][j * nu + j]);
      let rounding = 0;
      for (let i = 0; i < nx; i++) {
        const b = Math.abs(B[k][i * nu + j]);
        const bend = Math.abs(Q[k + 1][i * nx + i]);
        seen += b * b * bend;
        const to = x[k + 1][i];
        rounding += b * bend * (ROUNDING * Math.abs(to) + share * sizeFrom(to, x[0][i]));
      }
      curvature = Math.max(curvature, seen);
      noise = Math.max(noise, rounding);
    }
    const force = units.gradient[j];
    units.largest[j] = size;
    units.size[j] = Math.max(size, curvature > 0 ? force / curvature : width);
    units.curvature[j] = curvature > 0 ? curvature : force / (units.size[j] || 1) || 1;
    units.noise[j] = noise + share * curvature * Math.max(size, units.most[j]);
    if (violated) units.noise[j] = Math.min(units.noise[j], TRUST * force);
  }
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

/** Gradient that no control bound holds: in the problem's units, and as the largest share of its terms. */
export type Stationarity = { value: number; share: number };

/**
 * Stationarity residual: the largest |dJ/du| as a share of the terms that it is the sum of, at a control bound no more
 * than the room to it, as a share of the control's size. No unit of the cost or of a control changes it.
 */
export function projectedGradient(ocp: Ocp, w: IlqrWorkspace, out: Stationarity): void {
  const { gradient, nu, units } = w;
  const period = ocp.uLower.length;
  const { U } = w.current;
  out.value = 0;
  out.share = 0;
  for (let i = 0; i < U.length; i++) {
    const j = i % nu;
    const g = Math.max(0, Math.abs(gradient[i]) - units.noise[j]);
    const room = gradient[i] > 0 ? U[i] - ocp.uLower[i % period] : ocp.uUpper[i % period] - U[i];
    if (g === 0 || room === 0) continue;
    const share = Math.min(g / units.gradient[j], room / (units.largest[j] || units.size[j]));
    out.share = Math.max(out.share, share);
    out.value = Math.max(out.value, Math.min(g, share * units.gradient[j]));
  }
}
