import {
  addJointBlocks,
  curvatureSizes,
  largestMagnitude,
  projectEigenvalues,
  projectJointBlocks,
} from "../linalg/index.ts";
import {
  type Curvature,
  controlOf,
  createCurvature,
  hasSlope,
  type Ocp,
  rowGroups,
  type Vec,
} from "../ocp/index.ts";
import { FIRMLY_FIXED, FIXED, isConvexInControls, LEAST_CURVATURE } from "./convexity.ts";
import { addBlocks, copyBlocks } from "./hessian-blocks.ts";
import type { HessianKind } from "./options.ts";
import { regulate } from "./regulator.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** Shares of the curvature that are tried, largest first; after the last comes Gauss-Newton. */
const CURVATURE_SHARES = [1, 0.5, 0.25];

type CostGroups = Pick<
  SqpWorkspace,
  "current" | "qp" | "costHessian" | "curvature" | "regulator" | "scales" | "scratch"
>;
type QuadratizeGroups = CostGroups &
  Pick<SqpWorkspace, "shape" | "defects" | "duals" | "adjoint" | "secondOrder" | "held">;

/**
 * Second-order part of the QP from the cost alone: stage blocks projected to >= 0, Q and R, then the joint block
 * (`curvature` keeps what that took off); R raised where the whole is not definite in the controls ({@link regulate}). Written into the QP and kept as
 * `costHessian`, with its regulator. What R is raised by is no curvature of the cost: whether that has a slope is asked before.
 *
 * @param w linearized; `scales.slope` is written
 */
export function quadratizeCost(ocp: Ocp, w: CostGroups, rFloor: number): void {
  const { qp, current: t } = w;
  const { stage } = qp;
  for (let k = 0; k < ocp.N; k++) ocp.stageHessian(t.x[k], t.u[k], k, stage.Q[k], stage.R[k], stage.M[k]);
  ocp.terminalHessian(t.x[ocp.N], stage.Q[ocp.N]);
  copyBlocks(qp, w.curvature);
  projectBlocks(w, false);
  addBlocks(w.curvature, -1, qp, w.curvature);
  copyBlocks(qp, w.costHessian);
  w.scales.slope = hasSlope(
    { z: t.x, gradient: stage.q, hessian: stage.Q, from: t.x[0] },
    { z: t.u, gradient: stage.r, hessian: stage.R, least: w.scales.most },
  );
  regulate(w, rFloor);
  copyBlocks(w.costHessian, qp);
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
 * @param w its `adjoint` belongs to `current` and `duals.Y`; its `qp` and `costHessian` are those of {@link quadratizeCost}
 * @returns whether the QP holds curvature of the dynamics or rows: convex where constraints stay as they
 * are held, its solution may still be a poor one elsewhere
 */
export function quadratize(
  ocp: Ocp,
  w: QuadratizeGroups,
  hessian: HessianKind,
  rFloor: number,
  damping: Damping = { weight: 0, whole: false },
): boolean {
  const { qp, costHessian, curvature } = w;
  damping.whole = false;
  w.held.inQp = false;
  if (hessian === "gaussNewton") return false;
  if (w.defects.open) {
    // Costates of states that do not fit together say little about curvature.
    damp(w, damping.weight);
    return false;
  }
  copyBlocks(curvature, qp);
  addCurvature(ocp, w);
  copyBlocks(qp, curvature);
  if (hessian === "projected") {
    addBlocks(costHessian, 1, curvature, qp);
    projectBlocks(w, true);
    raiseControls(w, rFloor);
    return true;
  }
  if (hessian === "auto" ? takeDamped(w, damping) : takeShare(w, damping)) return true;
  w.held.inQp = false;
  copyBlocks(costHessian, qp);
  if (hessian === "auto") damp(w, damping.weight);
  return false;
}

/**
 * All of the curvature, with the first damping from the last one on, fourfold each, that makes the QP convex; where none does, the last
 * one with what is held fixed more firmly: curvature may be steep beside a row that long ways make look small.
 */
function takeDamped(w: QuadratizeGroups, damping: Damping): boolean {
  const isConvex = (weight: number, fixed: number): boolean => {
    addBlocks(w.costHessian, 1, w.curvature, w.qp);
    damp(w, weight);
    if (!isConvexInControls(w, fixed)) return false;
    damping.weight = weight;
    damping.whole = weight === 0;
    return true;
  };
  let weight = damping.weight;
  do {
    if (isConvex(weight, FIXED)) return true;
    weight = Math.max(LEAST_DAMPING, 4 * weight);
  } while (weight <= MOST_DAMPING);
  return damping.weight <= MOST_DAMPING && isConvex(damping.weight, FIRMLY_FIXED);
}

/** The largest share of the curvature that leaves the QP convex. */
function takeShare(w: QuadratizeGroups, damping: Damping): boolean {
  for (const share of CURVATURE_SHARES) {
    addBlocks(w.costHessian, share, w.curvature, w.qp);
    if (!isConvexInControls(w)) continue;
    w.held.inQp = false;
    damping.whole = share === 1;
    return true;
  }
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

/** Multipliers below this share of the largest are those of constraints that do not hold. */
const NO_FORCE = 1e-10;

/** How much curvature of its own each control gets, relative to what it sees of the cost. */
export type Damping = {
  weight: number;
  /** Whether the last QP had all of the Hessian of the Lagrangian, undamped, and was convex with it. */
  whole: boolean;
};

/** The smallest damping that is any, and the largest that curvature of dynamics and rows is tried with. */
export const LEAST_DAMPING = 1e-3;
const MOST_DAMPING = 1;

function damp({ qp, regulator }: Pick<SqpWorkspace, "qp" | "regulator">, weight: number): void {
  const { N, nu } = qp.shape;
  for (let i = 0; i < N * nu; i++) qp.R[i * nu + (i % nu)] += weight * regulator.curvature[i];
}

/** Adds the curvature of dynamics and rows to the QP's blocks. */
function addCurvature(ocp: Ocp, w: QuadratizeGroups): void {
  const { shape, qp, current: t, adjoint, duals, scratch } = w;
  const { N, nx, nu, blocks } = shape;
  const { joint, rowHessian, rowY } = scratch;
  const { stage } = qp;
  const curvature = secondOrderOf(w, ocp);
  for (let k = 0; k < N; k++) {
    joint.fill(0);
    curvature.dynamics(t.x[k], t.u[k], k, adjoint.costateOf[k + 1], joint);
    addJointBlocks(joint, nx, nu, stage.Q[k], stage.R[k], stage.M[k]);
  }
  const least = NO_FORCE * largestMagnitude(duals.Y);
  for (let b = 0; b < blocks.length; b++) {
    if (!(largestMagnitude(rowY[b]) > least)) continue;
    const { group, k } = blocks[b];
    const u = controlOf(rowGroups(ocp)[group], t.u[k]);
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

/** Raises R by `rFloor` times the cost's curvature where the projected blocks leave a control next to none. */
function raiseControls(w: Pick<SqpWorkspace, "qp" | "regulator" | "scratch">, rFloor: number): void {
  const { qp, regulator, scratch } = w;
  const { N, nu } = qp.shape;
  const { R, gains } = scratch;
  R.set(qp.R);
  for (let i = 0; i < N * nu; i++) R[i * nu + (i % nu)] -= LEAST_CURVATURE * regulator.curvature[i];
  if (gains.exist({ ...qp, R })) return;
  for (let i = 0; i < N * nu; i++) qp.R[i * nu + (i % nu)] += rFloor * regulator.curvature[i];
}

/** @param plain in the problem's own units, as the paper does; else in units of the largest curvatures */
function projectBlocks(w: Pick<SqpWorkspace, "qp" | "scratch">, plain: boolean): void {
  const { qp, scratch } = w;
  const { N, nx, nu } = qp.shape;
  const { size, controlSize, joint, eigen } = scratch;
  const { Q, R, M } = qp.stage;
  size.fill(1);
  if (!plain) {
    curvatureSizes(Q, nx, size, 0);
    curvatureSizes(R, nu, size, nx);
  }
  for (let k = 0; k <= N; k++) {
    projectEigenvalues(Q[k], nx, size, eigen);
    if (k === N) break;
    projectEigenvalues(R[k], nu, controlSize, eigen);
    // Without a cross term both blocks are convex already.
    if (!isZero(M[k])) projectJointBlocks(nx, nu, Q[k], R[k], M[k], size, joint, eigen);
  }
}

function isZero(v: Vec): boolean {
  for (let i = 0; i < v.length; i++) if (v[i] !== 0) return false;
  return true;
}
