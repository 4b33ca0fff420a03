import { ConfigError } from "../base/index.ts";
import { runActiveSet } from "./active-set.ts";
import { readMultipliers, selectPairs } from "./ipm-pairs.ts";
import { createIpmState, type IpmState, measurePoint } from "./ipm-state.ts";
import { type IpmAttempt, iterateInterior, ROUNDING_RESIDUAL, startCold } from "./ipm-steps.ts";
import {
  checkQp,
  clearSolution,
  copySolution,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
} from "./qp.ts";
import { isFiniteQp, meanCurvature, qpDualScale } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import { chooseWarmControls } from "./qp-warm.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";

/** Options of {@link createRiccatiIpm}; the defaults are {@link DEFAULT_RICCATI_IPM_OPTIONS}. */
export type RiccatiIpmOptions = RiccatiKernelOptions & {
  /** Relative KKT tolerance (see {@link qpRelativeResidual}), in [1e-12, 1e-2]. */
  readonly tol?: number;
  /** Interior-point steps of one attempt, >= 1; there are at most two attempts, cold and guarded. */
  readonly maxIterations?: number;
};

/** Defaults of the interior point. */
export const DEFAULT_RICCATI_IPM_OPTIONS = { tol: 1e-8, maxIterations: 60 } as const;

/** A plain attempt, and one with more centring and regularization for what defeats it. */
const ATTEMPTS: readonly IpmAttempt[] = [
  { muScale: 20, fraction: 0.998, regularization: 0 },
  { muScale: 2000, fraction: 0.9, regularization: 1e-9 },
];

/** Steps on the active set before a warm start or a polish counts as stalled. */
const ACTIVE_SET_STEPS = 12;

/**
 * Interior point for QPs with the structure of an optimal control problem: Mehrotra's predictor-corrector on
 * steps (never absolute positions), with bounds, rows and slacks eliminated stage by stage, so that each
 * Newton system is one Riccati recursion of O(N (nx + nu)^3).
 *
 * A cold start is dU = 0, pulled inside the bounds, with every pair centred at a mu that follows from what an
 * unconstrained step would gain and what violated rows cost; it is primal feasible, as rows are soft. A warm
 * start takes a few Newton steps on the active set of the last solution (see {@link runActiveSet}), from
 * which an interior point could not start well; where they stall, a cold start follows. Where that stalls, the
 * active-set steps polish its result, and a guarded start with regularization follows; the best point is kept.
 * `iterations` counts the steps of all attempts.
 *
 * `solved` means a relative KKT residual of at most `tol`, or of 1e-6 where rounding stops progress before. A QP
 * with NaN or infinite data gives `nonFinite` and a solution of zeros. Control bounds that coincide fix the
 * control; crossed ones fix it at their middle and end as `maxIterations` with the crossing as residual.
 *
 * Source: Mehrotra 1992; Rao, Wright and Rawlings 1998 (interior point on the Riccati recursion); the weight
 * of the second-order term follows Colombo and Gondzio 2008.
 *
 * @throws ConfigError for an option out of range; `solve` throws ShapeError or ConfigError (see {@link checkQp})
 */
export function createRiccatiIpm(shape: QpShape, options: RiccatiIpmOptions = {}): QpSolver {
  const { tol = DEFAULT_RICCATI_IPM_OPTIONS.tol, maxIterations = DEFAULT_RICCATI_IPM_OPTIONS.maxIterations } =
    options;
  if (!(tol >= 1e-12 && tol <= 1e-2))
    throw new ConfigError(`tol is ${tol}, expected a number in [1e-12, 1e-2]`);
  if (!(Number.isInteger(maxIterations) && maxIterations >= 1)) {
    throw new ConfigError(`maxIterations is ${maxIterations}, expected an integer >= 1`);
  }
  const state = createIpmState(shape, createRiccatiKernels(shape, options), tol, maxIterations);
  const isSolved = (qp: Qp): boolean => measurePoint(state, qp) <= tol;
  return { name: "riccati-ipm", solve: (qp, call = {}) => solveInterior(state, qp, call, isSolved) };
}

/** One call of the solver. @param isSolved whether the present point meets the tolerance */
function solveInterior(s: IpmState, qp: Qp, call: QpSolveOptions, isSolved: (qp: Qp) => boolean): QpSolution {
  const { shape, pairs, solution } = s;
  checkQp(qp, shape);
  solution.iterations = 0;
  if (!isFiniteQp(qp)) return finish(s, "nonFinite");
  s.dataScale = qpDualScale(qp);
  s.dualScale = s.dataScale;
  s.diagonal = 1e-8;
  for (let i = 0; i < shape.N * shape.nu; i++) {
    s.diagonal = Math.max(s.diagonal, qp.R[i * shape.nu + (i % shape.nu)]);
  }
  s.curvature = meanCurvature(qp) || s.diagonal;
  selectPairs(pairs, qp);
  if (call.warm === true && s.usable) {
    enterLastSolution(s, qp, call.shift === true);
    if (polish(s, qp, isSolved)) return finish(s, "solved");
  }
  s.bestResidual = Infinity;
  for (const attempt of ATTEMPTS) {
    if (iterateInterior(s, qp, attempt, startCold(s, qp, attempt))) return finish(s, "solved");
    remember(s, qp);
    if (Number.isFinite(s.newton.mu) && polish(s, qp, isSolved)) return finish(s, "solved");
    remember(s, qp);
  }
  if (s.bestResidual === Infinity) return finish(s, "nonFinite");
  copySolution(s.best, solution);
  return finish(s, s.bestResidual <= ROUNDING_RESIDUAL ? "solved" : "maxIterations");
}

/** Makes the last solution, shifted or not, the present point. */
function enterLastSolution(s: IpmState, qp: Qp, shifted: boolean): void {
  const { pairs, solution } = s;
  const { dX, dU, multipliers } = solution;
  if (shifted) shiftQpSolution(solution, s.shape);
  readMultipliers(pairs, multipliers, pairs.hl, pairs.sl);
  chooseWarmControls(s.system.kernels, pairs, qp, dX, dU, shifted, s);
}

/** Steps on the active set from the present point and multipliers; true when the tolerance is met. */
function polish(s: IpmState, qp: Qp, isSolved: (qp: Qp) => boolean): boolean {
  const { activeSet, solution, tol, dataScale } = s;
  const { dX, dU } = solution;
  const solved = runActiveSet(activeSet, qp, dX, dU, ACTIVE_SET_STEPS, tol * dataScale, isSolved);
  solution.iterations += activeSet.steps;
  return solved;
}

/** Keeps the present point if it is the best of this call so far. */
function remember(s: IpmState, qp: Qp): void {
  const residual = measurePoint(s, qp);
  if (!(residual < s.bestResidual)) return;
  s.bestResidual = residual;
  copySolution(s.solution, s.best);
}

function finish(s: IpmState, status: QpStatus): QpSolution {
  s.solution.status = status;
  s.usable = status !== "nonFinite";
  if (status === "nonFinite") clearSolution(s.solution);
  return s.solution;
}
