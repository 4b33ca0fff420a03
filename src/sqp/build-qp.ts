import { projectEigenvalues } from "../linalg/index.ts";
import type { Ocp } from "../ocp/index.ts";
import { type ConstraintPenalty, evaluateConstraints } from "./constraints.ts";
import { addDynamicsCurvature, addRowCurvature } from "./curvature.ts";
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
 * Second-order part of the QP: the stage blocks of the cost, kept for the gains, then (full Hessian)
 * with the curvature of dynamics and rows weighted by the multipliers, each projected to positive
 * semidefinite: Q, then R to `rFloor`, then the joint block. (MATH section 2, step 2.)
 */
export function quadratize(ocp: Ocp, w: SqpWorkspace, options: SqpOptions): void {
  const { N, nx, nu, qp, stage, current, eigen } = w;
  for (let k = 0; k < N; k++) {
    ocp.stageHessian(current.x[k], current.u[k], k, stage.Q[k], stage.R[k], stage.M[k]);
  }
  ocp.terminalHessian(current.x[N], stage.Q[N]);
  for (let k = 0; k <= N; k++) {
    projectEigenvalues(stage.Q[k], nx, 0, eigen);
    if (k < N) projectEigenvalues(stage.R[k], nu, options.rFloor, eigen);
  }
  w.gainQ.set(qp.Q);
  w.gainR.set(qp.R);
  w.gainM.set(qp.M);
  if (options.hessian === "full") {
    ocp.terminalHessian(current.x[N], stage.Q[N]);
    for (let k = 0; k < N; k++) {
      ocp.stageHessian(current.x[k], current.u[k], k, stage.Q[k], stage.R[k], stage.M[k]);
      addDynamicsCurvature(ocp, w, k);
    }
    for (let k = 1; k <= N; k++) addRowCurvature(ocp, w, k);
    projectEigenvalues(stage.Q[N], nx, 0, eigen);
    for (let k = 0; k < N; k++) {
      projectEigenvalues(stage.Q[k], nx, 0, eigen);
      projectEigenvalues(stage.R[k], nu, options.rFloor, eigen);
    }
  }
  for (let k = 0; k < N; k++) projectJoint(w, k);
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
