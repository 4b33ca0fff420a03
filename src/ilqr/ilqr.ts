import { ConfigError } from "../base/index.ts";
import { checkInitialState, constraintLayout, type Ocp, type Vec, validateOcp } from "../ocp/index.ts";
import { enterGuess, type IlqrGuess } from "./enter-guess.ts";
import { type IlqrRun, iterate, late } from "./iterate.ts";
import { leaveSaddle } from "./leave-saddle.ts";
import { type IlqrOptions, resolveIlqrOptions } from "./options.ts";
import { describeIlqrStatus, type IlqrStatus } from "./status.ts";
import { checkIlqrWorkspace, createIlqrWorkspace, type IlqrWorkspace } from "./workspace.ts";

/** One row of the history: an iterate and the step that led to it. */
export type IlqrIteration = {
  /** Number of steps so far. */
  readonly iteration: number;
  readonly cost: number;
  /** max |u - clip(u - dJ/du)|. */
  readonly stationarity: number;
  /** Step length that led here (1 at the guess). */
  readonly alpha: number;
  /** Regularization the next step starts with. */
  readonly mu: number;
};

/** What every solve by iLQR ends with, constraints or not; plain data, copies. */
export type IlqrSolution = {
  readonly status: IlqrStatus;
  /** What the status means and what to try next. */
  readonly message: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** (N, nu, nx) gains at the solution: `u = U + K wrap(x - X)`; zero in rows of controls at a bound. */
  readonly K: Vec;
  /** J of the trajectory. */
  readonly cost: number;
  /** Number of steps taken. */
  readonly iterations: number;
};

/** Outcome of {@link solveIlqr}; plain data, copies. */
export type IlqrResult = IlqrSolution & {
  /** Row 0 is the guess, the last row the result. */
  readonly history: readonly IlqrIteration[];
  readonly residuals: { readonly stationarity: number };
};

/**
 * Iterative LQR (or differential dynamic programming with `hessian: "full"`) with hard control bounds,
 * for any {@link Ocp} without rows and state box. Every iterate is a rollout and so dynamically
 * feasible; convergence is tested before each step, so that a perfect guess costs none.
 *
 * Source: Tassa, Mansard, Todorov, "Control-limited differential dynamic programming", ICRA 2014.
 *
 * @param x0 (nx) initial state
 * @param guess controls (N, nu), or controls and states; zero controls where missing
 * @param workspace memory to reuse between solves of problems with the same sizes
 * @returns status "converged", "maxIterations", "stalled", "nonFinite" or "deadline", and the best
 * iterate; with "nonFinite" the trajectory may hold NaN and must not be driven
 * @throws ShapeError, ConfigError for arguments that do not fit; numerical outcomes are statuses
 */
export function solveIlqr(
  ocp: Ocp,
  x0: Vec,
  guess?: IlqrGuess | Vec,
  options?: Partial<IlqrOptions>,
  workspace?: IlqrWorkspace,
): IlqrResult {
  const o = resolveIlqrOptions(options);
  validateOcp(ocp);
  if (constraintLayout(ocp).m > 0) {
    throw new ConfigError(
      "ocp has rows or a state box, expected control bounds alone: use solveAlIlqr or solveSqp for it",
    );
  }
  checkInitialState(ocp, x0);
  const w = workspace ?? createIlqrWorkspace(ocp);
  checkIlqrWorkspace(w, ocp);
  enterGuess(ocp, w, x0, guess);
  w.own = undefined;
  w.violated = false;
  const started = o.clock?.() ?? 0;
  const run = descend(ocp, w, x0, o, started + o.deadline);
  return {
    ...copySolution(w, run.status, run.cost, run.iterations),
    history: readHistory(w.history),
    residuals: { stationarity: run.stationarity },
  };
}

/** Iterates until converged at a point that is no saddle. */
function descend(ocp: Ocp, w: IlqrWorkspace, x0: Vec, o: IlqrOptions, stopAt: number): IlqrRun {
  w.history.length = 0;
  let run = iterate(ocp, w, x0, o, stopAt);
  while (run.status === "converged") {
    const way = leaveSaddle(ocp, w, run.cost, () => late(o, stopAt));
    if (way === "none") break;
    if (way !== "left") return { ...run, status: way };
    const over =
      run.iterations >= o.maxIterations ? "maxIterations" : late(o, stopAt) ? "deadline" : undefined;
    if (over !== undefined) {
      // Nothing is left to judge the new point with.
      [w.current, w.next] = [w.next, w.current];
      return { ...run, status: over };
    }
    const { iterations } = run;
    run = iterate(ocp, w, x0, { ...o, maxIterations: o.maxIterations - iterations - 1 }, stopAt);
    run.iterations += iterations + 1;
  }
  return run;
}

/** Copies what a solve has left in its workspace, with the status put into words. */
export function copySolution(
  w: IlqrWorkspace,
  status: IlqrStatus,
  cost: number,
  iterations: number,
): IlqrSolution {
  const { X, U } = w.current;
  const message = describeIlqrStatus(status);
  return { status, message, X: X.slice(), U: U.slice(), K: w.K.slice(), cost, iterations };
}

function readHistory(rows: readonly number[]): IlqrIteration[] {
  return Array.from({ length: rows.length / 4 }, (_, i) => ({
    iteration: i,
    cost: rows[4 * i],
    stationarity: rows[4 * i + 1],
    alpha: rows[4 * i + 2],
    mu: rows[4 * i + 3],
  }));
}
