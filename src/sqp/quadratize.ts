import { addJointBlocks, largestMagnitude, projectEigenvalues, projectJointBlocks } from "../linalg/index.ts";
import { type Curvature, controlOf, createCurvature, type Ocp, type Vec } from "../ocp/index.ts";
import { isConvexInControls } from "./convexity.ts";
import type { HessianKind } from "./options.ts";
import type { HessianBlocks, SqpWorkspace } from "./workspace.ts";

/** Shares of the curvature that are tried, largest first; after the last comes Gauss-Newton. */
const CURVATURE_SHARES = [1, 0.5, 0.25];

type CostGroups = Pick<SqpWorkspace, "current" | "qp" | "costHessian" | "scratch">;
type QuadratizeGroups = CostGroups &
  Pick<SqpWorkspace, "shape" | "duals" | "adjoint" | "curvature" | "secondOrder">;

/**
 * Second-order part of the QP from the cost alone: stage blocks projected, Q to >= 0, R to >= rFloor, then the
 * joint block to >= 0. Written into the QP and kept as `costHessian`.
 */
export function quadratizeCost(ocp: Ocp, w: CostGroups, rFloor: number): void {
  const { qp, current: t } = w;
  const { stage } = qp;
  for (let k = 0; k < ocp.N; k++) ocp.stageHessian(t.x[k], t.u[k], k, stage.Q[k], stage.R[k], stage.M[k]);
  ocp.terminalHessian(t.x[ocp.N], stage.Q[ocp.N]);
  projectBlocks(w, rFloor);
  copyBlocks(qp, w.costHessian);
}

/**
 * Second-order part of the QP (docs/solver.md#hessian): the projected blocks of the cost, plus, with the full
 * Hessian, the curvature of dynamics and rows weighted by costates and multipliers. The largest share of
 * that curvature is taken with which the whole problem is convex, though single blocks may not be: all of it
 * near a solution, which makes the last steps quadratic, and none where it would point uphill. "projected"
 * projects every block of the sum instead, as the paper does. That is more cautious than need be: the
 * pendulum's swing-up takes 58 iterations so and 27 with "full", the cart-pole's over 300 and 138, and the
 * quadratic end is lost.
 *
 * @param w its `adjoint` belongs to `current` and `duals.Y`
 * @returns whether the QP holds curvature of the dynamics or rows: convex where constraints stay as they
 * are held, its solution may still be a poor one elsewhere
 */
export function quadratize(ocp: Ocp, w: QuadratizeGroups, hessian: HessianKind, rFloor: number): boolean {
  const { qp, costHessian, curvature } = w;
  quadratizeCost(ocp, w, rFloor);
  if (hessian === "gaussNewton") return false;
  qp.Q.fill(0);
  qp.R.fill(0);
  qp.M.fill(0);
  addCurvature(ocp, w);
  copyBlocks(qp, curvature);
  if (hessian === "projected") {
    addBlocks(costHessian, 1, curvature, qp);
    projectBlocks(w, rFloor);
    return true;
  }
  for (const share of CURVATURE_SHARES) {
    addBlocks(costHessian, share, curvature, qp);
    if (isConvexInControls(ocp, w, rFloor)) return true;
  }
  copyBlocks(costHessian, qp);
  return false;
}

/** The Hessian of the Lagrangian as it is, not projected, into the QP. @param w as for {@link quadratize} */
export function lagrangianHessian(ocp: Ocp, w: QuadratizeGroups): void {
  const { current: t, qp } = w;
  const { Q, R, M } = qp.stage;
  for (let k = 0; k < ocp.N; k++) ocp.stageHessian(t.x[k], t.u[k], k, Q[k], R[k], M[k]);
  ocp.terminalHessian(t.x[ocp.N], Q[ocp.N]);
  addCurvature(ocp, w);
}

function copyBlocks(from: HessianBlocks, to: HessianBlocks): void {
  for (const name of ["Q", "R", "M"] as const) to[name].set(from[name]);
}

/** out = a + share * b */
function addBlocks(a: HessianBlocks, share: number, b: HessianBlocks, out: HessianBlocks): void {
  for (const name of ["Q", "R", "M"] as const) {
    const [from, more, to] = [a[name], b[name], out[name]];
    for (let i = 0; i < to.length; i++) to[i] = from[i] + share * more[i];
  }
}

/** Adds the curvature of dynamics and rows to the QP's blocks. */
function addCurvature(ocp: Ocp, w: QuadratizeGroups): void {
  const { shape, qp, current: t, adjoint, scratch } = w;
  const { N, nx, nu, blocks } = shape;
  const { joint, rowHessian, rowY } = scratch;
  const { stage } = qp;
  const curvature = secondOrderOf(w, ocp);
  for (let k = 0; k < N; k++) {
    joint.fill(0);
    curvature.dynamics(t.x[k], t.u[k], k, adjoint.costateOf[k + 1], joint);
    addJointBlocks(joint, nx, nu, stage.Q[k], stage.R[k], stage.M[k]);
  }
  for (let b = 0; b < blocks.length; b++) {
    if (!(largestMagnitude(rowY[b]) > 1e-9)) continue;
    const { group, k } = blocks[b];
    const u = controlOf(ocp.rows![group], t.u[k]);
    const H = u.length > 0 ? joint : rowHessian;
    H.fill(0);
    curvature.rows[group](t.x[k], u, k, rowY[b], H);
    for (let i = 0; i < H.length; i++) H[i] = -H[i];
    if (H === joint) addJointBlocks(joint, nx, nu, stage.Q[k], stage.R[k], stage.M[k]);
    else for (let i = 0; i < nx * nx; i++) stage.Q[k][i] += H[i];
  }
}

/** The second derivatives of this problem; prepared once per problem. */
function secondOrderOf(w: Pick<SqpWorkspace, "secondOrder">, ocp: Ocp): Curvature {
  if (w.secondOrder?.ocp !== ocp) w.secondOrder = { ocp, curvature: createCurvature(ocp) };
  return w.secondOrder.curvature;
}

function projectBlocks(w: Pick<SqpWorkspace, "qp" | "scratch">, rFloor: number): void {
  const { qp, scratch } = w;
  const { N, nx, nu } = qp.shape;
  for (let k = 0; k <= N; k++) {
    projectEigenvalues(qp.stage.Q[k], nx, 0, scratch.eigen);
    if (k === N) break;
    projectEigenvalues(qp.stage.R[k], nu, rFloor, scratch.eigen);
    const { Q, R, M } = qp.stage;
    // Without a cross term both blocks are convex already.
    if (!isZero(M[k])) projectJointBlocks(nx, nu, Q[k], R[k], M[k], scratch.joint, scratch.eigen);
  }
}

function isZero(v: Vec): boolean {
  for (let i = 0; i < v.length; i++) if (v[i] !== 0) return false;
  return true;
}
