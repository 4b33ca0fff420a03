import { checkLength } from "../base/index.ts";
import {
  checkInitialState,
  clipControl,
  constraintPenalties,
  isFiniteVec,
  type Ocp,
  stateDifference,
  type Vec,
  validateOcp,
} from "../ocp/index.ts";
import {
  createQpSensitivity,
  offsetQp,
  type QpOrigin,
  type QpSolution,
  type QpSolver,
  type QpStatus,
  qpOrigin,
} from "../qp/index.ts";
import { adjoint } from "./adjoint.ts";
import { multiplierStep } from "./constraints.ts";
import { solveElastic } from "./elastic-qp.ts";
import { computeGains } from "./gains.ts";
import { enterGuess, type SqpGuess } from "./guess.ts";
import { kktResiduals } from "./kkt.ts";
import { linearize } from "./linearize.ts";
import { resolveSqpOptions, type SqpOptions } from "./options.ts";
import { quadratize, quadratizeCost } from "./quadratize.ts";
import { solveScaled } from "./scaled-qp.ts";
import { naturalSizes } from "./scales.ts";
import { shiftGuess, type TrackedPlan } from "./shift-guess.ts";
import { startProgress } from "./sqp-step.ts";
import { qpSolverOf, type SqpWorkspace, workspaceFor } from "./workspace.ts";

/** Everything of a tick that can be done before the state is measured. */
export type PreparedFeedback = {
  readonly ocp: Ocp;
  /** How the QP ended; `nonFinite` where the plan is not finite. */
  readonly status: QpStatus;
  /** Whether `K` is the solution's derivative; where there is none, it tracks by the cost's own regulator. */
  readonly exact: boolean;
  /** (nx) the state that was expected. */
  readonly x0: Vec;
  /** The plan after one QP from there, with its gains; its first control is the answer where the state is as expected. */
  readonly plan: TrackedPlan;
  /** How near the active set is to changing, as of `ActiveSet`; NaN where not exact. */
  readonly margin: number;
  /** The QP, its solver and its data without an offset: for {@link feedbackByQp}. */
  readonly qp: { readonly w: SqpWorkspace; readonly solver: QpSolver; readonly origin: QpOrigin };
};

/**
 * First half of a real-time iteration (Diehl, Bock, Schloeder 2005): linearizes at a plan, solves its QP for the state
 * that is expected and factors what says how the answer moves with the state (docs/solver.md#real-time).
 *
 * @param x0 (nx) the state expected at the next tick
 * @param guess the plan, such as what {@link advancePlan} makes of the last one
 * @param workspace may be that of the last tick, which is then used up; by default a new one
 */
export function prepareFeedback(
  ocp: Ocp,
  x0: Vec,
  guess?: SqpGuess | Vec,
  options?: Partial<SqpOptions>,
  workspace?: SqpWorkspace,
): PreparedFeedback {
  const o = resolveSqpOptions(options);
  validateOcp(ocp);
  checkInitialState(ocp, x0);
  const w = workspaceFor(ocp, workspace);
  const { shape, qp, current, duals } = w;
  const solver = qpSolverOf(w, o.createQpSolver, o.tol);
  constraintPenalties(ocp, shape, w.penalties);
  w.K.fill(0);
  const finite = isFiniteVec(x0) && enterGuess(ocp, w, x0, guess);
  if (!finite) {
    current.U.fill(0);
    return prepared(ocp, w, solver, "nonFinite", undefined, x0);
  }
  linearize(ocp, shape, current, qp);
  quadratizeCost(ocp, w, o.rFloor);
  naturalSizes(w);
  adjoint(shape, qp, duals.Y, w.adjoint);
  kktResiduals(w);
  quadratize(ocp, w, o.hessian, o.rFloor);
  const solution = solveElastic(w, solver, o, startProgress(o), false);
  return prepared(ocp, w, solver, solution.status, solution, x0);
}

function prepared(
  ocp: Ocp,
  w: SqpWorkspace,
  solver: QpSolver,
  status: QpStatus,
  solution: QpSolution | undefined,
  x0: Vec,
): PreparedFeedback {
  const { current, duals, qp } = w;
  const [X, U, multipliers] = [current.X.slice(), current.U.slice(), duals.Y.slice()];
  const sensitivity = solution && status !== "nonFinite" ? createQpSensitivity(qp, solution) : undefined;
  if (solution !== undefined && status !== "nonFinite") {
    if (sensitivity === undefined) computeGains("stable", w);
    multiplierStep(w.shape, solution.multipliers, duals);
    addStep(ocp, solution, duals.dY, { X, U, multipliers });
  }
  return {
    ocp,
    status,
    exact: sensitivity !== undefined,
    x0: x0.slice(),
    plan: { X, U, K: (sensitivity?.gains ?? w.K).slice(), multipliers },
    margin: sensitivity?.active.margin ?? Number.NaN,
    qp: { w, solver, origin: qpOrigin(qp) },
  };
}

/** The plan after a QP's step. */
function addStep(
  ocp: Ocp,
  { dX, dU }: Pick<QpSolution, "dX" | "dU">,
  dY: Vec,
  { X, U, multipliers }: Pick<TrackedPlan, "X" | "U" | "multipliers">,
): void {
  const { nu } = ocp.dynamics;
  for (let i = 0; i < X.length; i++) X[i] += dX[i];
  for (let i = 0; i < U.length; i++) U[i] += dU[i];
  for (let i = 0; i < dY.length; i++) multipliers[i] += dY[i];
  for (let k = 0; k < ocp.N; k++) clipControl(ocp, U.subarray(k * nu, (k + 1) * nu), k);
}

/**
 * Second half: the first control for the state as it was measured, `clip(u_0 + K_0 (x - x0))`, in the time of one small
 * product. Exact for linear-quadratic problems whose active set stays as it is for the expected state; where it changes
 * {@link feedbackByQp} is.
 *
 * @param x (nx) measured
 * @param u (nu) written
 * @returns whether u answers to x; where x is not finite it is the plan's first control, where the plan is not, none
 */
export function feedback({ ocp, status, x0, plan }: PreparedFeedback, x: Vec, u: Vec): boolean {
  const { nx, nu } = ocp.dynamics;
  checkLength("x", x.length, nx, "nx");
  checkLength("u", u.length, nu, "nu");
  const d = new Float64Array(nx);
  stateDifference(ocp.angles, x, x0, d);
  const answers = status !== "nonFinite" && isFiniteVec(d);
  for (let i = 0; i < nu; i++) {
    u[i] = plan.U[i];
    if (answers) for (let j = 0; j < nx; j++) u[i] += plan.K[i * nx + j] * d[j];
  }
  clipControl(ocp, u, 0);
  return answers;
}

/**
 * Second half by another QP: the prepared one with the measured state, warm-started, so that constraints may come and
 * go. As exact as a QP can be, in the time of a factorization for each change of the active set.
 *
 * @param x (nx) measured
 * @param u (nu) written
 * @returns how the QP ended; where it is not solved, u is that of {@link feedback}
 */
export function feedbackByQp(prepared: PreparedFeedback, x: Vec, u: Vec): QpStatus {
  const { ocp, x0, qp } = prepared;
  if (!feedback(prepared, x, u)) return "nonFinite";
  const { w, solver, origin } = qp;
  const { nx, nu } = ocp.dynamics;
  const e = new Float64Array(nx);
  stateDifference(ocp.angles, x, x0, e);
  offsetQp(w.qp, origin, e, w.candidate.X);
  const { status, dU } = solveScaled(w, solver, { warm: true });
  if (status !== "solved") return status;
  for (let i = 0; i < nu; i++) u[i] = w.current.U[i] + dU[i];
  clipControl(ocp, u, 0);
  return status;
}

/**
 * What the next tick is prepared from, once the control is on its way: the state that follows, and the plan seen one stage
 * later, which {@link prepareFeedback} tracks from there.
 *
 * @param x (nx) measured
 * @param u (nu) sent
 */
export function advancePlan(
  { ocp, plan, qp }: PreparedFeedback,
  x: Vec,
  u: Vec,
): { readonly x0: Vec; readonly guess: TrackedPlan } {
  const x0 = new Float64Array(ocp.dynamics.nx);
  ocp.dynamics.step(x, u, 0, x0);
  return { x0, guess: shiftGuess(ocp, qp.w.shape, plan) };
}
