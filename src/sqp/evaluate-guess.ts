import {
  checkInitialState,
  constraintPenalties,
  isFiniteVec,
  type Ocp,
  totalCost,
  type Vec,
  validateOcp,
} from "../ocp/index.ts";
import { evaluateConstraints, largestViolation } from "./constraints.ts";
import { enterGuess, type SqpGuess } from "./guess.ts";
import { softPenalty } from "./merit.ts";
import { type SqpWorkspace, workspaceFor } from "./workspace.ts";

/** What a guess is worth before any QP: its trajectory and the numbers that compare it; plain data, copies. */
export type GuessEvaluation = {
  /** (N + 1, nx) states the dynamics really take. */
  readonly X: Vec;
  /** (N, nu) controls, clipped to their bounds. */
  readonly U: Vec;
  /** J of the trajectory; NaN where the trajectory or a constraint is not finite. */
  readonly cost: number;
  /** J plus the penalties of violated soft constraints; NaN where the cost is. */
  readonly merit: number;
  /** Largest violation of any constraint, soft ones too; NaN where the cost is. */
  readonly violation: number;
};

/**
 * Rolls out a guess as a solve would and evaluates it: row 0 of that solve's history, without derivatives.
 *
 * @param x0 (nx) initial state
 * @param guess controls (N, nu), or states and controls, or nothing (zero controls)
 * @param workspace memory to reuse between calls and solves of problems with the same sizes
 * @throws ShapeError, ConfigError for arguments that do not fit
 */
export function evaluateGuess(
  ocp: Ocp,
  x0: Vec,
  guess?: SqpGuess | Vec,
  workspace?: SqpWorkspace,
): GuessEvaluation {
  validateOcp(ocp);
  checkInitialState(ocp, x0);
  const w = workspaceFor(ocp, workspace);
  w.K.fill(0);
  const entered = isFiniteVec(x0) && enterGuess(ocp, w, x0, guess);
  const { current: t } = w;
  constraintPenalties(ocp, w.shape, w.penalties);
  if (entered) evaluateConstraints(ocp, w.shape, t);
  const X = t.X.slice();
  const U = t.U.slice();
  const cost = entered && isFiniteVec(t.con) ? totalCost(ocp, t) : Number.NaN;
  if (!Number.isFinite(cost)) return { X, U, cost: Number.NaN, merit: Number.NaN, violation: Number.NaN };
  const merit = cost + softPenalty(w.shape, t.con, w.penalties);
  return { X, U, cost, merit, violation: largestViolation(w.shape, t.con) };
}
