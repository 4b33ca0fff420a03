import { lqrGains } from "../ilqr/index.ts";
import { projectEigenvalues } from "../linalg/index.ts";
import { type Curvature, createCurvature, type Ocp } from "../ocp/index.ts";
import { type ConstraintPenalty, evaluateConstraints } from "./constraints.ts";
import type { SqpOptions } from "./options.ts";
import type { SqpWorkspace } from "./workspace.ts";

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

/**
 * Second-order part of the QP (MATH section 2, step 2): the stage blocks of the cost, projected, are kept
 * for the gains; with the full Hessian the curvature of dynamics and rows, weighted by costates and
 * multipliers, is added. Where the Riccati recursion shows that the problem so built is convex in the
 * controls, it is left as it is, though single blocks may be indefinite: that is what makes the last
 * steps quadratic. Else each block is projected: Q to >= 0, R to >= rFloor, then the joint block to >= 0.
 */
export function quadratize(ocp: Ocp, w: SqpWorkspace, options: SqpOptions): void {
  const { N, nx, nu, qp, stage, current, eigen } = w;
  costHessian(ocp, w);
  const full = options.hessian === "full";
  if (full) {
    w.rawQ.set(qp.Q);
    w.rawR.set(qp.R);
    w.rawM.set(qp.M);
  }
  projectBlocks(w, options.rFloor);
  w.gainQ.set(qp.Q);
  w.gainR.set(qp.R);
  w.gainM.set(qp.M);
  if (!full) return;
  qp.Q.set(w.rawQ);
  qp.R.set(w.rawR);
  qp.M.set(w.rawM);
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
  if (isConvexInControls(w, options.rFloor)) return;
  projectBlocks(w, options.rFloor);
  for (let k = 0; k < N; k++) projectEigenvalues(stage.R[k], nu, options.rFloor, eigen);
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

/** Whether R + B'PB stays above rFloor in the backward recursion: the reduced Hessian is then positive definite. */
function isConvexInControls(w: SqpWorkspace, rFloor: number): boolean {
  const { N, nx, nu, qp, rawR, K } = w;
  for (let i = 0; i < rawR.length; i++) rawR[i] = qp.R[i];
  for (let k = 0; k < N; k++) for (let i = 0; i < nu; i++) rawR[(k * nu + i) * nu + i] -= 0.5 * rFloor;
  return lqrGains({ N, nx, nu, A: qp.A, B: qp.B, Q: qp.Q, R: rawR, M: qp.M }, K, w.lqr);
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
