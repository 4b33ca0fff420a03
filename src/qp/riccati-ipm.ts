import { ConfigError } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { createActiveSetNewton } from "./active-set.ts";
import { createIpmNewton } from "./ipm-newton.ts";
import {
  addPairForces,
  centrePairs,
  createIpmPairs,
  hardDistances,
  readMultipliers,
  selectPairs,
  softValues,
  writeMultipliers,
} from "./ipm-pairs.ts";
import {
  checkQp,
  createQpSolution,
  type Qp,
  type QpShape,
  type QpSolution,
  type QpSolveOptions,
  type QpSolver,
  type QpStatus,
} from "./qp.ts";
import { FORCE_SHARE, isFiniteQp, qpDualScale, qpKktResidual, qpRelativeResidual } from "./qp-residual.ts";
import { shiftQpSolution } from "./qp-shift.ts";
import { chooseWarmControls } from "./qp-warm.ts";
import { createRiccatiKernels, type RiccatiKernelOptions } from "./riccati-kernels.ts";

export type RiccatiIpmOptions = RiccatiKernelOptions & {
  /** Relative KKT tolerance (see {@link qpRelativeResidual}), in [1e-12, 1e-2]. */
  readonly tol?: number;
  /** Interior-point steps of one attempt, >= 1; there are at most two attempts, cold and guarded. */
  readonly maxIterations?: number;
};

export const DEFAULT_RICCATI_IPM_OPTIONS = { tol: 1e-8, maxIterations: 60 } as const;

/** How one attempt starts and steps. */
type Attempt = {
  /** The start's mean product of pairs, relative to the gap estimated per pair. */
  readonly muScale: number;
  /** Fraction of the way to the boundary. */
  readonly fraction: number;
  /** Added to the diagonal of R, relative to its largest entry. */
  readonly regularization: number;
};

/** A plain attempt, and one with more centring and regularization for what defeats it. */
const ATTEMPTS: readonly Attempt[] = [
  { muScale: 20, fraction: 0.998, regularization: 0 },
  { muScale: 2000, fraction: 0.9, regularization: 1e-9 },
];

const MULTIPLIERS = ["uLower", "uUpper", "xLower", "xUpper", "rows"] as const;

/** A control that may not move is one of this quadratic weight. */
const FIXED_WEIGHT = 1e60;
/** Steps on the active set before a warm start or a polish counts as stalled. */
const ACTIVE_SET_STEPS = 12;
/** Below this predictor step its second-order term is trusted in proportion only. */
const TRUSTED_STEP = 0.3;
/** Where rounding stops progress short of the tolerance, this relative residual still counts as solved. */
const ROUNDING_RESIDUAL = 1e-6;

/**
 * Interior point for QPs with the structure of an optimal control problem: Mehrotra's predictor-corrector on
 * steps (never absolute positions), with bounds, rows and slacks eliminated stage by stage, so that each
 * Newton system is one Riccati recursion of O(N (nx + nu)^3).
 *
 * A cold start is dU = 0, pulled inside the bounds, with every pair centred at a mu that follows from what an
 * unconstrained step would gain and what violated rows cost; it is primal feasible, as rows are soft. A warm
 * start takes a few Newton steps on the active set of the last solution (see {@link createActiveSetNewton}), from
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

  const { N, nx, nu } = shape;
  const kernels = createRiccatiKernels(shape, options);
  const pairs = createIpmPairs(shape);
  const activeSet = createActiveSetNewton(shape, kernels, pairs);
  const newton = createIpmNewton(shape, pairs);
  const solution = createQpSolution(shape);
  const best = createQpSolution(shape);
  const { dX: X, dU: U, multipliers } = solution;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const [stepX, gx, qh] = Array.from({ length: 3 }, states);
  const [stepU, gu, rh, ru, dR, Linv, z] = Array.from({ length: 7 }, controls);
  const Qh = new Float64Array((N + 1) * nx * nx);
  const Y = new Float64Array(N * nu * nx);
  const L = new Float64Array(N * nu * nu);
  const g = new Float64Array(pairs.linear.length);
  const warmScratch = { last: rh, gx, gu, ru };
  const scratch = new Float64Array(2 * nx);
  const kkt = { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 };
  let dataScale = 1;
  let dualScale = 1;
  let diagonal = 1;
  let usable = false;
  let bestResidual = Infinity;

  function resetWeights(regularization: number): void {
    dR.fill(regularization * diagonal);
    for (let j = 0; j < pairs.nf; j++) dR[pairs.fixed[j]] = FIXED_WEIGHT;
  }

  /** Factorizes, with more and more regularization until every pivot is positive. */
  function factorize(qp: Qp, Q: Vec): boolean {
    let total = 0;
    for (let shift = 1e-10 * diagonal; ; shift *= 100) {
      if (kernels.factor(N, qp.A, qp.B, Q, qp.R, qp.M, dR, Y, L, Linv)) return true;
      if (shift > 1e8 * diagonal) return false;
      for (let i = 0; i < N * nu; i++) dR[i] += shift - total;
      total = shift;
    }
  }

  /** Moves the controls inside their bounds: by `distance`, but by 1/20 to 1/2 of the width between two. */
  function pullInside(qp: Qp, distance: number): void {
    for (let i = 0; i < N * nu; i++) {
      const lower = qp.uLower[i];
      const upper = qp.uUpper[i];
      const width = upper - lower;
      const margin = width < Infinity ? Math.min(Math.max(distance, 0.05 * width), 0.5 * width) : distance;
      U[i] =
        width > 2 * margin ? Math.min(Math.max(U[i], lower + margin), upper - margin) : lower + 0.5 * width;
    }
    kernels.rollout(N, qp.A, qp.B, U, X);
    softValues(pairs, qp, X, g);
  }

  /** What an unconstrained step from here gains, given the cost's gradient in gx, gu. */
  function unconstrainedGain(qp: Qp, regularization: number): number {
    resetWeights(regularization);
    if (!factorize(qp, qp.Q)) return 0;
    kernels.solve(N, qp.A, qp.B, gx, gu, Y, L, Linv, z, stepX, stepU);
    let gain = 0;
    for (let i = 0; i < N * nu; i++) gain += 0.5 * z[i] * z[i];
    return gain;
  }

  /** Starts near dU = 0 with every pair centred; returns mu. */
  function startCold(qp: Qp, attempt: Attempt): number {
    U.fill(0);
    pullInside(qp, 0);
    kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
    let gap = unconstrainedGain(qp, attempt.regularization);
    for (let j = 0; j < pairs.ns; j++) {
      const s = Math.max(0, -g[j]);
      gap += s * (pairs.linear[j] + 0.5 * pairs.quadratic[j] * s);
    }
    const mu = pairs.count > 0 ? Math.max((attempt.muScale * gap) / pairs.count, tol * dualScale) : 0;
    // Nearer to a bound than this, its multiplier would dwarf every gradient of the QP.
    pullInside(qp, Math.min(1, (0.1 * mu) / dualScale));
    hardDistances(pairs, qp, U, pairs.ht);
    centrePairs(pairs, g, mu);
    return mu;
  }

  /** A few steps on the active set of the last solution; true when the tolerance is met. */
  function continueWarm(qp: Qp, shifted: boolean): boolean {
    if (shifted) shiftQpSolution(solution, shape);
    readMultipliers(pairs, qp, multipliers, pairs.hl, pairs.sl);
    chooseWarmControls(kernels, pairs, qp, X, U, shifted, warmScratch);
    return polish(qp);
  }

  /** Steps on the active set from the present point and multipliers; true when the tolerance is met. */
  function polish(qp: Qp): boolean {
    const solved = activeSet.run(qp, X, U, ACTIVE_SET_STEPS, tol * dataScale, withinTolerance);
    solution.iterations += activeSet.steps;
    return solved;
  }

  /** Predictor-corrector steps from the present point; true when the tolerance is met. */
  function iterate(qp: Qp, start: number, attempt: Attempt): boolean {
    const { A, B, C, Q, R, M } = qp;
    const reach = 1 / attempt.fraction;
    let mu = start;
    // The gradient's residual shrinks by (1 - alpha) a step; what it really is, is measured at the end.
    let remaining = 1;
    let measured = Infinity;
    // Products below this gain nothing, unless the other residuals ask for it.
    let least = 0.02;
    for (let i = 0; i < maxIterations; i++) {
      kernels.gradient(N, Q, R, M, qp.q, qp.r, X, U, gx, gu);
      resetWeights(attempt.regularization);
      Qh.set(Q);
      qh.fill(0);
      rh.fill(0);
      newton.assemble(C, gx, gu, Qh, dR, qh, rh);
      addScaled(qh, 1, gx);
      addScaled(rh, 1, gu);
      if (!factorize(qp, Qh)) return false;
      kernels.solve(N, A, B, qh, rh, Y, L, Linv, z, stepX, stepU);
      newton.direction(C, stepX, stepU, 1);
      const predicted = newton.alpha;
      const gap = mu * (1 - predicted) + (predicted * predicted * newton.cross) / Math.max(1, pairs.count);
      const ratio = mu > 0 ? Math.min(1, Math.max(0, gap / mu)) : 0;
      const target = Math.max(ratio * ratio * ratio * mu, least * tol * dualScale);
      qh.set(gx);
      rh.set(gu);
      newton.correct(C, target, Math.min(1, predicted / TRUSTED_STEP), qh, rh);
      kernels.solve(N, A, B, qh, rh, Y, L, Linv, z, stepX, stepU);
      newton.direction(C, stepX, stepU, reach);
      const alpha = Math.min(1, attempt.fraction * newton.alpha);
      newton.update(alpha);
      addScaled(X, alpha, stepX);
      addScaled(U, alpha, stepU);
      solution.iterations++;
      mu = newton.mu;
      remaining *= 1 - alpha;
      if (!Number.isFinite(mu)) return false;
      dualScale = Math.max(dataScale, FORCE_SHARE * newton.largest);
      const limit = tol * dualScale;
      if (newton.worst <= limit) {
        if (least < 1e-9) return false;
        least *= 0.01;
        if (newton.slope <= limit && remaining <= 1e-3) {
          const before = measured;
          measured = measure(qp);
          if (measured <= tol) return true;
          if (measured > 0.5 * before) return measured <= ROUNDING_RESIDUAL;
        }
      }
      if (alpha < 1e-8) return false;
    }
    return false;
  }

  /** Writes the multipliers and the residual of the present point; returns the relative residual. */
  function measure(qp: Qp): number {
    writeMultipliers(pairs, qp, multipliers);
    if (pairs.nf > 0) {
      kernels.gradient(N, qp.Q, qp.R, qp.M, qp.q, qp.r, X, U, gx, gu);
      addPairForces(pairs, qp, pairs.hl, pairs.sl, gx, gu);
      kernels.adjoint(N, qp.A, qp.B, gx, gu, ru);
      for (let j = 0; j < pairs.nf; j++) {
        const i = pairs.fixed[j];
        multipliers.uLower[i] = Math.max(0, ru[i]);
        multipliers.uUpper[i] = Math.max(0, -ru[i]);
      }
    }
    qpKktResidual(qp, solution, scratch, kkt);
    solution.residual = kkt.max;
    return qpRelativeResidual(qp, solution, kkt);
  }

  function withinTolerance(qp: Qp): boolean {
    return measure(qp) <= tol;
  }

  /** Keeps the present point if it is the best of this call so far. */
  function remember(qp: Qp): void {
    const residual = measure(qp);
    if (!(residual < bestResidual)) return;
    bestResidual = residual;
    copySolution(solution, best);
  }

  function finish(status: QpStatus): QpSolution {
    solution.status = status;
    usable = status !== "nonFinite";
    if (status === "nonFinite") {
      for (const part of [X, U, ...Object.values(multipliers)]) part.fill(0);
      solution.residual = Infinity;
    }
    return solution;
  }

  function solve(qp: Qp, call: QpSolveOptions = {}): QpSolution {
    checkQp(qp, shape);
    solution.iterations = 0;
    if (!isFiniteQp(qp)) return finish("nonFinite");
    dataScale = qpDualScale(qp);
    dualScale = dataScale;
    diagonal = 1e-8;
    for (let i = 0; i < N * nu; i++) diagonal = Math.max(diagonal, qp.R[i * nu + (i % nu)]);
    selectPairs(pairs, qp);
    if (call.warm === true && usable && continueWarm(qp, call.shift === true)) return finish("solved");
    bestResidual = Infinity;
    for (const attempt of ATTEMPTS) {
      if (iterate(qp, startCold(qp, attempt), attempt)) return finish("solved");
      remember(qp);
      if (Number.isFinite(newton.mu) && polish(qp)) return finish("solved");
      remember(qp);
    }
    if (bestResidual === Infinity) return finish("nonFinite");
    copySolution(best, solution);
    return finish(bestResidual <= ROUNDING_RESIDUAL ? "solved" : "maxIterations");
  }

  return { name: "riccati-ipm", solve };
}

function copySolution(from: QpSolution, to: QpSolution): void {
  to.dX.set(from.dX);
  to.dU.set(from.dU);
  to.residual = from.residual;
  for (const name of MULTIPLIERS) to.multipliers[name].set(from.multipliers[name]);
}

function addScaled(out: Vec, alpha: number, a: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] += alpha * a[i];
}
