import { lqrGains, projectEigenvalues } from "../linalg/index.ts";
import { type Curvature, createCurvature, type Ocp } from "../ocp/index.ts";
import { type ConstraintPenalty, evaluateConstraints } from "./constraints.ts";
import type { SqpOptions } from "./options.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** A control this near its bound, with a gradient this large, is held there. */
const HELD = 1e-5;
/** A constraint this near zero, with a multiplier, is active. */
const HELD_CONSTRAINT = 1e-3;
/** Weight that fixes a control. */
const FIXED = 1e6;

/**
 * First-order part of the QP at the current iterate: A, B, q, r, rows C and c, bounds on the step.
 * (Algorithm of MATH section 2, step 1; Source: arXiv 2109.07081, section III.)
 */
export function linearize(ocp: Ocp, w: SqpWorkspace): void {
  const { N, nx, nu, nc, nb, m, qp, stage, current } = w;
  for (let k = 0; k < N; k++) {
    ocp.dynamics.jacobian(current.x[k], current.u[k], k, stage.A[k], stage.B[k]);
    ocp.stageGradient(current.x[k], current.u[k], k, stage.q[k], stage.r[k]);
    for (let i = 0; i < nu; i++) {
      qp.uLower[k * nu + i] = ocp.uLower[i] - current.u[k][i];
      qp.uUpper[k * nu + i] = ocp.uUpper[i] - current.u[k][i];
    }
  }
  ocp.terminalGradient(current.x[N], stage.q[N]);
  for (let i = 0; i < nx; i++) qp.q[i] = 0; // dx_0 = 0: the gradient there says nothing
  evaluateConstraints(ocp, current, w, w.con, w.conStages);
  for (let k = 1; k <= N; k++) {
    if (nc > 0) {
      ocp.rows!.jacobian(current.x[k], k, stage.C[k]);
      for (let i = 0; i < nc; i++) qp.c[k * nc + i] = w.con[k * m + i];
    }
    for (let j = 0; j < nb; j++) {
      const v = current.x[k][w.shape.boxIndex[j]];
      qp.xLower[k * nb + j] = ocp.stateBox!.lower[j] - v;
      qp.xUpper[k * nb + j] = ocp.stateBox!.upper[j] - v;
    }
  }
}

/** Shares of the curvature that are tried, largest first; the last is Gauss-Newton. */
const CURVATURE_SHARES = [1, 0.5, 0.25];

/**
 * Second-order part of the QP (MATH section 2, step 2): the stage blocks of the cost, projected (Q to
 * >= 0, R to >= rFloor, then the joint block to >= 0), plus, with the full Hessian, the curvature of
 * dynamics and rows weighted by costates and multipliers. The largest share of that curvature is taken
 * with which the whole problem is convex, though single blocks may not be: all of it near a solution,
 * which makes the last steps quadratic, and none where it would point uphill. "projected" projects every
 * block of the sum instead, as the paper does. That is more cautious than need be: the pendulum's swing-up
 * takes 58 iterations so and 27 with "full", the cart-pole's over 300 and 138, and the quadratic end is lost.
 *
 * @returns whether the QP holds curvature of the dynamics or rows: convex where constraints stay as they
 * are held, its solution may still be a poor one elsewhere
 */
export function quadratize(
  ocp: Ocp,
  w: SqpWorkspace,
  hessian: SqpOptions["hessian"],
  rFloor: number,
): boolean {
  const { qp } = w;
  costHessian(ocp, w);
  projectBlocks(w, rFloor);
  w.gainQ.set(qp.Q);
  w.gainR.set(qp.R);
  w.gainM.set(qp.M);
  if (hessian === "gaussNewton") return false;
  qp.Q.fill(0);
  qp.R.fill(0);
  qp.M.fill(0);
  lagrangianCurvature(ocp, w);
  w.curvatureQ.set(qp.Q);
  w.curvatureR.set(qp.R);
  w.curvatureM.set(qp.M);
  if (hessian === "projected") {
    addScaled(w.gainQ, 1, w.curvatureQ, qp.Q);
    addScaled(w.gainR, 1, w.curvatureR, qp.R);
    addScaled(w.gainM, 1, w.curvatureM, qp.M);
    projectBlocks(w, rFloor);
    return true;
  }
  for (const share of CURVATURE_SHARES) {
    addScaled(w.gainQ, share, w.curvatureQ, qp.Q);
    addScaled(w.gainR, share, w.curvatureR, qp.R);
    addScaled(w.gainM, share, w.curvatureM, qp.M);
    if (isConvexInControls(ocp, w, rFloor)) return true;
  }
  qp.Q.set(w.gainQ);
  qp.R.set(w.gainR);
  qp.M.set(w.gainM);
  return false;
}

/** out = a + share * b */
function addScaled(a: Float64Array, share: number, b: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + share * b[i];
}

/** Adds the curvature of dynamics and rows, without the cost's, to the QP's blocks. */
function lagrangianCurvature(ocp: Ocp, w: SqpWorkspace): void {
  const { N, nx, stage, current } = w;
  const curvature = curvatureOf(w, ocp);
  for (let k = 0; k < N; k++) {
    w.curvature.fill(0);
    curvature.dynamics(current.x[k], current.u[k], k, w.costateStages[k + 1], w.curvature);
    addJoint(w, k, w.curvature);
  }
  for (let k = 1; k <= N; k++) {
    if (!gatherRowMultipliers(w, k)) continue;
    const block = w.rowCurvature;
    block.fill(0);
    curvature.rows(current.x[k], k, w.rowMultipliers, block);
    const Q = stage.Q[k];
    for (let i = 0; i < nx * nx; i++) Q[i] -= block[i];
  }
}

function costHessian(ocp: Ocp, w: SqpWorkspace): void {
  const { N, stage, current } = w;
  for (let k = 0; k < N; k++) {
    ocp.stageHessian(current.x[k], current.u[k], k, stage.Q[k], stage.R[k], stage.M[k]);
  }
  ocp.terminalHessian(current.x[N], stage.Q[N]);
}

function projectBlocks(w: SqpWorkspace, rFloor: number): void {
  const { N, nx, nu, stage, eigen } = w;
  for (let k = 0; k <= N; k++) {
    projectEigenvalues(stage.Q[k], nx, 0, eigen);
    if (k === N) break;
    projectEigenvalues(stage.R[k], nu, rFloor, eigen);
    projectJoint(w, k);
  }
}

/**
 * Whether the problem is convex where it can move: R + B'PB stays above rFloor / 2 in the backward
 * recursion, with controls held at a bound and constraints held by their multipliers taken as fixed.
 */
function isConvexInControls(ocp: Ocp, w: SqpWorkspace, rFloor: number): boolean {
  const { N, nx, nu, m, qp, testQ, testR, K, gradient } = w;
  testR.set(qp.R);
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      const g = gradient[k * nu + i];
      const room = g > 0 ? w.current.u[k][i] - ocp.uLower[i] : ocp.uUpper[i] - w.current.u[k][i];
      const held = room <= HELD && Math.abs(g) > HELD;
      testR[(k * nu + i) * nu + i] += held ? FIXED : -0.5 * rFloor;
    }
  }
  testQ.set(qp.Q);
  for (let k = 1; k <= N; k++) for (let i = 0; i < m; i++) if (isHeld(w, k, i)) fixConstraint(w, k, i, testQ);
  return lqrGains({ N, nx, nu, A: qp.A, B: qp.B, Q: testQ, R: testR, M: qp.M }, K, w.lqr);
}

/** Whether constraint i of stage k is active with a multiplier that holds it there. */
function isHeld(w: SqpWorkspace, k: number, i: number): boolean {
  const at = k * w.m + i;
  return w.Y[at] > HELD && w.con[at] <= HELD_CONSTRAINT;
}

/** Adds FIXED times the outer product of a constraint's gradient. */
function fixConstraint(w: SqpWorkspace, k: number, i: number, Q: Float64Array): void {
  const { nx, nc, nb, qp, shape } = w;
  if (i >= nc) {
    const j = shape.boxIndex[(i - nc) % nb];
    Q[(k * nx + j) * nx + j] += FIXED;
    return;
  }
  const row = (k * nc + i) * nx;
  for (let a = 0; a < nx; a++) {
    for (let b = 0; b < nx; b++) Q[(k * nx + a) * nx + b] += FIXED * qp.C[row + a] * qp.C[row + b];
  }
}

/** Adds a joint block (nx + nu, nx + nu), x first, to Q, R and M of stage k. */
function addJoint(w: SqpWorkspace, k: number, block: Float64Array): void {
  const { nx, nu, stage } = w;
  const n = nx + nu;
  const Q = stage.Q[k];
  const R = stage.R[k];
  const M = stage.M[k];
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[i * nx + j] += block[i * n + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) R[i * nu + j] += block[(nx + i) * n + nx + j];
    for (let j = 0; j < nx; j++) M[i * nx + j] += block[(nx + i) * n + j];
  }
}

/** @returns whether any row of stage k has a multiplier that matters */
function gatherRowMultipliers(w: SqpWorkspace, k: number): boolean {
  let largest = 0;
  for (let i = 0; i < w.nc; i++) {
    w.rowMultipliers[i] = w.Y[k * w.m + i];
    largest = Math.max(largest, w.rowMultipliers[i]);
  }
  return largest > 1e-9;
}

/** The second derivatives of this problem; prepared once per problem. */
function curvatureOf(w: SqpWorkspace, ocp: Ocp): Curvature {
  if (w.curvatureCache?.ocp !== ocp) w.curvatureCache = { ocp, curvature: createCurvature(ocp) };
  return w.curvatureCache.curvature;
}

/** Projects the joint (x, u) block of stage k where a cross term makes it indefinite. */
function projectJoint(w: SqpWorkspace, k: number): void {
  const { nx, nu, stage, block } = w;
  const Q = stage.Q[k];
  const R = stage.R[k];
  const M = stage.M[k];
  let cross = 0;
  for (let i = 0; i < M.length; i++) cross += Math.abs(M[i]);
  if (cross === 0) return;
  const n = nx + nu;
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) block[i * n + j] = Q[i * nx + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) block[(nx + i) * n + nx + j] = R[i * nu + j];
    for (let j = 0; j < nx; j++) {
      block[(nx + i) * n + j] = M[i * nx + j];
      block[j * n + nx + i] = M[i * nx + j];
    }
  }
  if (!projectEigenvalues(block, n, 0, w.eigen)) return;
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[i * nx + j] = block[i * n + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) R[i * nu + j] = block[(nx + i) * n + nx + j];
    for (let j = 0; j < nx; j++) M[i * nx + j] = block[(nx + i) * n + j];
  }
}

/** Sets the QP's penalties: a soft constraint's own, a hard one's exact weight. */
export function setPenalties(
  w: SqpWorkspace,
  rows: ConstraintPenalty,
  box: ConstraintPenalty,
  hardWeight: number,
): void {
  const p = w.qp.penalty;
  p.rowLinear = rows.hard ? hardWeight : rows.linear;
  p.rowQuadratic = rows.hard ? hardWeight : rows.quadratic;
  p.boxLinear = box.hard ? hardWeight : box.linear;
  p.boxQuadratic = box.hard ? hardWeight : box.quadratic;
}
