import {
  addSymmetric,
  addTransposed,
  copyBlock,
  isPositiveDefinite,
  type LqrProblem,
  type LqrScratch,
  lqrClose,
  lqrExpand,
  solveNegative,
} from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Qp } from "../qp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** A pivot below this share of its diagonal entry, or of the horizon's largest, is rounding. */
const ROUNDING = 1e-12;

type RegulatorGroups = Pick<SqpWorkspace, "current" | "qp" | "costHessian" | "regulator" | "scratch">;

/**
 * The linear-quadratic regulator of the cost alone, which is the natural scale of a problem: gains K, the step
 * `du = feed + K dx` that it takes, and the curvature `diag(R + B'PB)` that each control sees.
 *
 * Where R + B'PB is not positive definite, R gets `rFloor` times the curvature that the control sees elsewhere in
 * the horizon, and where it sees none its gradient over its size: the unit of a control, or of the cost, decides
 * nothing. Blocks that are definite are left as they are, and controls whose bounds coincide have no part in it: theirs gets all the
 * curvature that the control sees elsewhere, which costs nothing, so that nobody after this asks for any.
 *
 * @param w `qp` linearized, `costHessian` projected; its R and `regulator` are written
 */
export function regulate(w: RegulatorGroups, rFloor: number): void {
  const { floor } = w.regulator;
  w.regulator.floored = false;
  const { A, B, q, r } = w.qp;
  if (w.scratch.gains.regulate({ A, B, ...w.costHessian, q, r }, ROUNDING, w.regulator)) return;
  const definite = recurse(w, 0);
  const { nu } = w.qp.shape;
  const { curvature, force } = w.regulator;
  largestCurvatures(curvature, floor);
  for (let j = 0; j < nu; j++) if (!(floor[j] > 0)) floor[j] = force[j] / controlSize(w, j) || 1;
  for (let i = 0; i < curvature.length; i++)
    if (isFixed(w.qp, i)) w.costHessian.R[i * nu + (i % nu)] += floor[i % nu];
  if (!definite) recurse(w, rFloor);
}

/** The most that each control's curvature is over the horizon, into `out` (nu). @param curvature (N, nu) */
export function largestCurvatures(curvature: Vec, out: Vec): Vec {
  out.fill(0);
  const nu = out.length;
  for (let i = 0; i < curvature.length; i++) out[i % nu] = Math.max(out[i % nu], curvature[i]);
  return out;
}

/** Whether a control of a stage cannot move: its bounds coincide. */
function isFixed({ uLower, uUpper }: Qp, i: number): boolean {
  return uUpper[i] <= uLower[i];
}

/** Takes the fixed controls of stage k out of what lqrExpand wrote: they ask for nothing and change nothing. */
function holdFixed({ qp, scratch, regulator }: RegulatorGroups, k: number): void {
  const { nx, nu } = qp.shape;
  const { H, G } = scratch.lqr;
  for (let i = 0; i < nu; i++) {
    if (!isFixed(qp, k * nu + i)) continue;
    scratch.gradient[i] = 0;
    G.fill(0, i * nx, (i + 1) * nx);
    for (let j = 0; j < nu; j++) H[i * nu + j] = H[j * nu + i] = 0;
    H[i * nu + i] = regulator.curvature[k * nu + i] || 1;
  }
}

/** How large a control is: over the horizon, or between its bounds, or 1 where nothing says. */
function controlSize({ current, qp }: RegulatorGroups, j: number): number {
  const { nu } = qp.shape;
  let size = 0;
  for (let i = j; i < current.U.length; i += nu) {
    size = Math.max(size, Math.abs(current.U[i]));
    const width = qp.uUpper[i] - qp.uLower[i];
    if (width < Infinity) size = Math.max(size, width);
  }
  return size > 0 ? size : 1;
}

/**
 * The recursion backwards. Without a floor, stages that are not definite keep their control, so that the others
 * say what curvature there is. @returns whether every stage was definite
 */
function recurse(w: RegulatorGroups, rFloor: number): boolean {
  const { qp, costHessian, regulator, scratch } = w;
  const { N, nx, nu } = qp.shape;
  const { K, feed, curvature, force, floor } = regulator;
  const problem: LqrProblem = { N, nx, nu, A: qp.A, B: qp.B, ...costHessian };
  const { lqr, x: p, target: next, gradient } = scratch;
  const { H } = lqr;
  let definite = true;
  lqr.P.set(costHessian.Q.subarray(N * nx * nx));
  next.set(qp.stage.q[N]);
  force.fill(0);
  for (let k = N - 1; k >= 0; k--) {
    lqrExpand(problem, k, lqr);
    gradient.set(qp.stage.r[k]);
    addTransposed(qp.B, k * nx * nu, next, 0, nu, nx, 1, gradient, 0);
    for (let i = 0; i < nu; i++) {
      force[i] = Math.max(force[i], Math.abs(gradient[i]));
      curvature[k * nu + i] = H[i * nu + i];
    }
    holdFixed(w, k);
    p.set(qp.stage.q[k]);
    addTransposed(qp.A, k * nx * nx, next, 0, nx, nx, 1, p, 0);
    const at = k * nu * nx;
    const sound = isDefinite(H, nu, scratch.joint, floor, rFloor > 0);
    if (!sound && rFloor > 0) {
      regulator.floored = true;
      for (let i = 0; i < nu; i++) {
        if (isFixed(qp, k * nu + i)) continue;
        costHessian.R[(k * nu + i) * nu + i] += rFloor * floor[i];
        H[i * nu + i] += rFloor * floor[i];
        curvature[k * nu + i] = H[i * nu + i];
      }
    }
    if ((sound || rFloor > 0) && lqrClose(problem, k, K, lqr)) {
      addTransposed(K, at, gradient, 0, nx, nu, 1, p, 0);
      solveNegative(H, 0, nu, gradient, feed, k * nu);
    } else {
      definite = false;
      K.fill(0, at, at + nu * nx);
      feed.fill(0, k * nu, (k + 1) * nu);
      holdStage(problem, k, lqr);
    }
    next.set(p);
  }
  return definite;
}

/** Whether H has a Cholesky factor whose pivots are not rounding: of its own diagonal and, if known, of the horizon. */
function isDefinite(H: Vec, nu: number, L: Vec, floor: Vec, known: boolean): boolean {
  if (!isPositiveDefinite(H, nu, 0, L)) return false;
  for (let i = 0; i < nu; i++) {
    const pivot = L[i * nu + i] ** 2;
    if (!(pivot > ROUNDING * Math.max(H[i * nu + i], known ? floor[i] : 0))) return false;
  }
  return true;
}

/** P one stage back with the control held: P <- Q + A'PA. */
function holdStage({ nx, A, Q }: LqrProblem, k: number, { P, PA }: LqrScratch): void {
  copyBlock(Q, k * nx * nx, P);
  addSymmetric(A, k * nx * nx, PA, 0, nx, nx, P);
}
