import { check, checkCount, checkNotNegative, checkPositive } from "../base/index.ts";
import { type AdmmState, createAdmmState } from "./admm-state.ts";
import {
  checkSplitting,
  factorSplitting,
  startSplitting,
  stepSplitting,
  writeSplitting,
} from "./admm-steps.ts";
import { checkQp } from "./check-qp.ts";
import { selectPairs } from "./ipm-pairs.ts";
import {
  clearSolution,
  NEVER_LATE,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
} from "./qp.ts";
import { isFiniteQp } from "./qp-residual.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";

/** Options of {@link createAdmm}; the defaults are {@link DEFAULT_ADMM_OPTIONS}. */
export type AdmmOptions = RiccatiKernelOptions & {
  /** Absolute and relative tolerance of the primal and dual residuals, >= 0, not both 0. */
  readonly epsAbs?: number;
  readonly epsRel?: number;
  /** Steps before giving up, >= 1. */
  readonly maxIterations?: number;
  /** Over-relaxation, in (0, 2). */
  readonly relaxation?: number;
  /** First step size, relative to the mean diagonal of the Hessian, > 0. */
  readonly rho?: number;
  /** Steps between two looks at the residuals, >= 1; rho may change there. */
  readonly checkInterval?: number;
};

/** Defaults of operator splitting. */
export const DEFAULT_ADMM_OPTIONS = {
  epsAbs: 1e-4,
  epsRel: 1e-4,
  // At the kink of an exact penalty steps are short: of 1,200 robot QPs 16 took more than 4,000, one of them more than this.
  maxIterations: 20_000,
  relaxation: 1.6,
  rho: 1,
  checkInterval: 25,
} as const;

/**
 * OSQP's operator splitting on the Riccati recursion, for comparison with the interior point. With G the rows,
 * box sides and controls, and phi their penalties or bounds, it splits `min f(w) + phi(y), G w = y` into
 *
 *     w      = argmin f(w) + 1/2 sum rho_j (G_j w - y_j + lambda_j / rho_j)^2   (one Riccati solve)
 *     v      = relaxation G w + (1 - relaxation) y
 *     y      = prox_{phi/rho}(v + lambda / rho)
 *     lambda = lambda + rho (v - y)
 *
 * The dynamics hold exactly; slacks never appear, as the penalty's prox has a closed form; R > 0 replaces OSQP's
 * sigma. rho_j is divided by |G_j|^2 and adapts to the ratio of the residuals. `solved` means OSQP's residuals
 * are below epsAbs + epsRel times the size of their terms; `residual` is the KKT residual of the controls
 * clipped to their bounds, as for every solver here, and usually larger.
 *
 * Source: Stellato, Banjac, Goulart, Bemporad and Boyd 2020, algorithm 1 and sections 3.4, 5.2.
 *
 * @throws ConfigError for an option out of range; `solve` throws ShapeError or ConfigError (see {@link checkQp})
 */
export function createAdmm(shape: QpShape, options: AdmmOptions = {}): QpSolver {
  const o = checkOptions(options);
  const state = createAdmmState(shape, createRiccatiKernels(shape, options));
  return { name: "admm", solve: (qp, call = {}) => solveSplitting(state, qp, call, o) };
}

type Resolved = Required<Omit<AdmmOptions, keyof RiccatiKernelOptions>>;

function solveSplitting(s: AdmmState, qp: Qp, call: QpSolveOptions, o: Resolved): QpSolution {
  const { solution } = s;
  checkQp(qp, s.shape);
  solution.iterations = 0;
  if (!isFiniteQp(qp)) return finish(s, qp, "nonFinite");
  selectPairs(s.pairs, qp);
  startSplitting(s, qp, call, o.rho);
  if (!factorSplitting(s, qp)) return finish(s, qp, "nonFinite");
  const { late = NEVER_LATE } = call;
  while (solution.iterations < o.maxIterations && !late()) {
    stepSplitting(s, qp, o.relaxation);
    solution.iterations++;
    if (solution.iterations % o.checkInterval !== 0 && solution.iterations < o.maxIterations) continue;
    const outcome = checkSplitting(s, qp, o.epsAbs, o.epsRel);
    if (outcome === "done") return finish(s, qp, "solved");
    if (outcome === "rho" && !factorSplitting(s, qp)) return finish(s, qp, "nonFinite");
  }
  finish(s, qp, "maxIterations");
  return Number.isFinite(solution.residual) ? solution : finish(s, qp, "nonFinite");
}

function finish(s: AdmmState, qp: Qp, status: QpStatus): QpSolution {
  s.solution.status = status;
  s.usable = status !== "nonFinite";
  if (s.usable) writeSplitting(s, qp);
  else clearSolution(s.solution);
  return s.solution;
}

function checkOptions(options: AdmmOptions): Resolved {
  const {
    epsAbs = DEFAULT_ADMM_OPTIONS.epsAbs,
    epsRel = DEFAULT_ADMM_OPTIONS.epsRel,
    maxIterations = DEFAULT_ADMM_OPTIONS.maxIterations,
    relaxation = DEFAULT_ADMM_OPTIONS.relaxation,
    rho = DEFAULT_ADMM_OPTIONS.rho,
    checkInterval = DEFAULT_ADMM_OPTIONS.checkInterval,
  } = options;
  checkNotNegative("epsAbs", epsAbs);
  check("epsRel", epsRel, epsRel >= 0 && epsAbs + epsRel > 0, "a number >= 0, > 0 where epsAbs is 0");
  checkCount("maxIterations", maxIterations, 1);
  check("relaxation", relaxation, relaxation > 0 && relaxation < 2, "a number in (0, 2)");
  checkPositive("rho", rho);
  checkCount("checkInterval", checkInterval, 1);
  return { epsAbs, epsRel, maxIterations, relaxation, rho, checkInterval };
}
