import { check, checkCount } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { runActiveSet } from "./active-set.ts";
import { checkQp } from "./check-qp.ts";
import { createFewRows, hasManyRows } from "./few-rows.ts";
import type { IpmEngine } from "./ipm-engine.ts";
import { hasHardRows, hasImpossibleRow } from "./ipm-infeasible.ts";
import { createPlainEngine } from "./ipm-plain.ts";
import {
  type IpmAttempt,
  type IpmScales,
  iterateInterior,
  ROUNDING_RESIDUAL,
  startCold,
} from "./ipm-steps.ts";
import {
  clearSolution,
  copySolution,
  createQpSolution,
  NEVER_LATE,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
} from "./qp.ts";
import { meanCurvature, qpDualScale } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import { chooseWarmControls } from "./qp-warm.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";
import { largestControlWeight } from "./riccati-system.ts";
import { createSimdEngine } from "./simd/engine.ts";

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

/**
 * Steps on the active set before a warm start or a polish counts as stalled, where it has gone on: of 3,000 robot QPs 66 were not
 * solved after 12, and of these over a third by each further step.
 */
const ACTIVE_SET_STEPS = 16;

/**
 * Interior point for QPs with the structure of an optimal control problem: Mehrotra's predictor-corrector on
 * steps (never absolute positions), with bounds, rows and slacks eliminated stage by stage, so that each
 * Newton system is one Riccati recursion of O(N (nx + nu)^3).
 *
 * A cold start is dU = 0, pulled inside the bounds, with every pair centred at a mu that follows from what an
 * unconstrained step would gain and what violated rows cost; it is primal feasible, as rows are soft. A warm
 * start takes a few Newton steps on the active set of the last solution (see `runActiveSet`), from
 * which an interior point could not start well; where they stall, a cold start follows. Where that stalls, the
 * active-set steps polish its result, and a guarded start with regularization follows; the best point is kept.
 * `iterations` counts the steps of all attempts.
 *
 * Where a stage has many inequalities, the QP is solved with the few that matter ({@link createFewRows}).
 *
 * The steps are functions of WebAssembly generated for the shape, else JavaScript (`kernels` of the options); both
 * give the same solution to rounding, and the solver's `name` says which it is.
 *
 * `solved` means a relative KKT residual of at most `tol`, or of 1e-6 where rounding stops progress before. A QP
 * with NaN or infinite data gives `nonFinite` and a solution of zeros. Hard rows that cannot be met within the
 * control bounds end as `infeasible`, proven by `provesInfeasible`; without bounds as `maxIterations`.
 * Control bounds that coincide fix the control; crossed ones fix it at their middle and end as `maxIterations`
 * with the crossing as residual.
 *
 * Source: Mehrotra 1992; Rao, Wright and Rawlings 1998 (interior point on the Riccati recursion); the weight
 * of the second-order term follows Colombo and Gondzio 2008.
 *
 * @throws ConfigError for an option out of range; `solve` throws ShapeError or ConfigError (see {@link checkQp})
 */
export function createRiccatiIpm(shape: QpShape, options: RiccatiIpmOptions = {}): QpSolver {
  const { tol = DEFAULT_RICCATI_IPM_OPTIONS.tol, maxIterations = DEFAULT_RICCATI_IPM_OPTIONS.maxIterations } =
    options;
  check("tol", tol, tol >= 1e-12 && tol <= 1e-2, "a number in [1e-12, 1e-2]");
  checkCount("maxIterations", maxIterations, 1);
  if (!hasManyRows(shape)) return createInterior(shape, options, tol, maxIterations);
  return createFewRows(shape, createRiccatiKernels(shape, options), (few) =>
    createInterior(few, options, tol, maxIterations),
  );
}

/** The solver that takes all rows. */
function createInterior(
  shape: QpShape,
  options: RiccatiIpmOptions,
  tol: number,
  maxIterations: number,
): QpSolver {
  const state: IpmState = {
    engine: createEngine(shape, options),
    shape,
    best: createQpSolution(shape),
    bestResidual: Infinity,
    last: new Float64Array(shape.N * shape.nu),
    usable: false,
    ...{ tol, maxIterations, dataScale: 1, dualScale: 1, diagonal: 1, curvature: 1 },
    firm: false,
    late: NEVER_LATE,
    scratch: new Float64Array(2 * shape.nx),
  };
  const { kind } = state.engine;
  return { name: `riccati-ipm, ${kind}`, solve: (qp, call = {}) => solveInterior(state, qp, call) };
}

/** The steps in WebAssembly where that is asked for and can be, else in JavaScript. */
function createEngine(shape: QpShape, options: RiccatiIpmOptions): IpmEngine {
  const simd = (options.kernels ?? "auto") === "auto" ? createSimdEngine(shape) : undefined;
  return simd ?? createPlainEngine(shape, createRiccatiKernels(shape, options));
}

/** What the solver remembers; the last solution is its engine's. */
type IpmState = IpmScales & {
  readonly engine: IpmEngine;
  readonly shape: QpShape;
  /** The best point of this call, where none was good enough. */
  readonly best: QpSolution;
  bestResidual: number;
  /** (N, nu) the last controls, while others are tried. */
  readonly last: Vec;
  /** Whether the last solution can start a warm one. */
  usable: boolean;
};

/** One call of the solver. */
function solveInterior(s: IpmState, qp: Qp, call: QpSolveOptions): QpSolution {
  const { engine, shape } = s;
  checkQp(qp, shape);
  engine.solution.iterations = 0;
  s.late = call.late ?? NEVER_LATE;
  if (!engine.load(qp)) return finish(s, "nonFinite");
  s.dataScale = qpDualScale(qp);
  s.dualScale = s.dataScale;
  s.diagonal = largestControlWeight(qp);
  s.curvature = meanCurvature(qp) || s.diagonal;
  s.firm = hasHardRows(qp);
  if (s.firm && hasImpossibleRow(qp)) {
    clearSolution(engine.solution);
    return finish(s, "infeasible");
  }
  if (call.warm === true && s.usable) {
    enterLastSolution(s, qp, call.shift === true);
    if (polish(s, qp)) return finish(s, "solved");
  }
  s.bestResidual = Infinity;
  for (const attempt of ATTEMPTS) {
    const mu = startCold(engine, qp, attempt, s);
    const outcome = iterateInterior(engine, qp, attempt, s, mu);
    if (outcome !== "stopped") return finish(s, outcome);
    remember(s, qp);
    if (s.late()) break;
    if (Number.isFinite(engine.numbers.mu) && polish(s, qp)) return finish(s, "solved");
    remember(s, qp);
  }
  if (s.bestResidual === Infinity) return finish(s, "nonFinite");
  copySolution(s.best, engine.solution);
  return finish(s, s.bestResidual <= ROUNDING_RESIDUAL ? "solved" : "maxIterations");
}

/** Makes the last solution, shifted or not, the present point. */
function enterLastSolution({ engine, shape, last }: IpmState, qp: Qp, shifted: boolean): void {
  const { solution } = engine;
  if (shifted) shiftQpSolution(solution, shape);
  engine.setMultipliers(solution.multipliers);
  chooseWarmControls(engine, qp, solution.dU, shifted, last);
}

/** Steps on the active set from the present point and multipliers; true when the tolerance is met. */
function polish({ engine, curvature, tol, dataScale, late }: IpmState, qp: Qp): boolean {
  return runActiveSet(engine, qp, curvature, ACTIVE_SET_STEPS, tol * dataScale, tol, late);
}

/** Keeps the present point if it is the best of this call so far. */
function remember(s: IpmState, qp: Qp): void {
  const residual = s.engine.measure(qp);
  if (!(residual < s.bestResidual)) return;
  s.bestResidual = residual;
  copySolution(s.engine.solution, s.best);
}

function finish(s: IpmState, status: QpStatus): QpSolution {
  const { solution } = s.engine;
  solution.status = status;
  s.usable = status !== "nonFinite";
  if (status === "nonFinite") clearSolution(solution);
  return solution;
}
