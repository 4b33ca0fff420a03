import { addScaled } from "../linalg/index.ts";
import { centrePairs } from "./ipm-centre.ts";
import { assembleNewton, correctNewton, newtonDirection, updatePairs } from "./ipm-newton.ts";
import { factorRegularized, type IpmState, measurePoint } from "./ipm-state.ts";
import type { Qp } from "./qp.ts";
import { FORCE_SHARE } from "./qp-residual.ts";
import { costGradient, resetHessian, resetWeights, rolloutControls, solveSystem } from "./riccati-system.ts";
import { softValues } from "./soft-rows.ts";

/** How one attempt of the interior point starts and steps. */
export type IpmAttempt = {
  /** The start's mean product of pairs, relative to the gap estimated per pair. */
  readonly muScale: number;
  /** Fraction of the way to the boundary. */
  readonly fraction: number;
  /** Added to the diagonal of R, relative to its largest entry. */
  readonly regularization: number;
};

/** Below this predictor step its second-order term is trusted in proportion only. */
const TRUSTED_STEP = 0.3;
/** Where rounding stops progress short of the tolerance, this relative residual still counts as solved. */
export const ROUNDING_RESIDUAL = 1e-6;

/** Starts near dU = 0 with every pair centred; returns mu. */
export function startCold(s: IpmState, qp: Qp, attempt: IpmAttempt): number {
  const { pairs, solution, g, dualScale } = s;
  const { dX: X, dU: U } = solution;
  U.fill(0);
  pullInside(s, qp, 0);
  costGradient(s.system.kernels, qp, X, U, s.gx, s.gu);
  let gap = unconstrainedGain(s, qp, attempt.regularization);
  for (let j = 0; j < pairs.ns; j++) {
    const slack = j < pairs.nq ? Math.max(0, -g[j]) : Math.abs(g[j]);
    // A hard row has no price: a multiplier of the gradients' size stands for it.
    const linear = pairs.linear[j] < Infinity ? pairs.linear[j] : dualScale / pairs.size[j];
    if (slack > 0) gap += slack * (linear + 0.5 * pairs.quadratic[j] * slack);
  }
  const mu = pairs.count > 0 ? Math.max((attempt.muScale * gap) / pairs.count, s.tol * dualScale) : 0;
  // Nearer to a bound than this, its multiplier would dwarf every gradient of the QP.
  pullInside(s, qp, Math.min(1, (0.1 * mu) / dualScale));
  centrePairs(s.newton, qp, U, g, mu, dualScale, s.curvature);
  return mu;
}

/** Moves the controls inside their bounds: by `distance`, but by 1/20 to 1/2 of the width between two. */
function pullInside(s: IpmState, qp: Qp, distance: number): void {
  const { dX: X, dU: U } = s.solution;
  for (let i = 0; i < U.length; i++) {
    const lower = qp.uLower[i];
    const upper = qp.uUpper[i];
    const width = upper - lower;
    const margin = width < Infinity ? Math.min(Math.max(distance, 0.05 * width), 0.5 * width) : distance;
    U[i] =
      width > 2 * margin ? Math.min(Math.max(U[i], lower + margin), upper - margin) : lower + 0.5 * width;
  }
  rolloutControls(s.system.kernels, qp, U, X);
  softValues(s.pairs, qp, X, U, s.g);
}

/** What an unconstrained step from here gains, given the cost's gradient in gx, gu. */
function unconstrainedGain(s: IpmState, qp: Qp, regularization: number): number {
  const { system } = s;
  resetWeights(system, s.pairs, regularization * s.diagonal);
  if (!factorRegularized(s, qp, false)) return 0;
  solveSystem(system, qp, s.gx, s.gu, s.stepX, s.stepU);
  let gain = 0;
  for (let i = 0; i < system.z.length; i++) gain += 0.5 * system.z[i] * system.z[i];
  return gain;
}

/** Predictor-corrector steps from the present point; true when the tolerance is met. */
export function iterateInterior(s: IpmState, qp: Qp, attempt: IpmAttempt, start: number): boolean {
  const { newton, tol } = s;
  let mu = start;
  // The gradient's residual shrinks by (1 - alpha) a step; what it really is, is measured at the end.
  let remaining = 1;
  let measured = Infinity;
  // Products below this gain nothing, unless the other residuals ask for it.
  let least = 0.02;
  for (let i = 0; i < s.maxIterations; i++) {
    if (!findDirection(s, qp, attempt, mu, least * tol * s.dualScale)) return false;
    const alpha = Math.min(1, attempt.fraction * newton.alpha);
    updatePairs(newton, alpha);
    addScaled(s.solution.dX, alpha, s.stepX);
    addScaled(s.solution.dU, alpha, s.stepU);
    s.solution.iterations++;
    mu = newton.mu;
    remaining *= 1 - alpha;
    if (!Number.isFinite(mu)) return false;
    s.dualScale = Math.max(s.dataScale, FORCE_SHARE * newton.largest);
    const limit = tol * s.dualScale;
    if (newton.worst <= limit) {
      if (least < 1e-9) return false;
      least *= 0.01;
      if (newton.slope <= limit && remaining <= 1e-3) {
        const before = measured;
        measured = measurePoint(s, qp);
        if (measured <= tol) return true;
        if (measured > 0.5 * before) return measured <= ROUNDING_RESIDUAL;
      }
    }
    if (alpha < 1e-8) return false;
  }
  return false;
}

/**
 * Finds the step of one iteration, predictor and corrector, into stepX, stepU and the pairs' Newton step.
 *
 * @param mu mean product of the pairs
 * @param least smallest product to aim at
 * @returns false where the system has no factors
 */
function findDirection(s: IpmState, qp: Qp, attempt: IpmAttempt, mu: number, least: number): boolean {
  const { system, pairs, newton, solution, stepX, stepU, gx, gu, qh, rh } = s;
  costGradient(system.kernels, qp, solution.dX, solution.dU, gx, gu);
  resetWeights(system, pairs, attempt.regularization * s.diagonal);
  resetHessian(system, qp);
  qh.fill(0);
  rh.fill(0);
  assembleNewton(newton, qp, system, gx, gu, qh, rh);
  addScaled(qh, 1, gx);
  addScaled(rh, 1, gu);
  if (!factorRegularized(s, qp, true)) return false;
  solveSystem(system, qp, qh, rh, stepX, stepU);
  newtonDirection(newton, qp, stepX, stepU, 1);
  const predicted = newton.alpha;
  const gap = mu * (1 - predicted) + (predicted * predicted * newton.cross) / Math.max(1, pairs.count);
  const ratio = mu > 0 ? Math.min(1, Math.max(0, gap / mu)) : 0;
  const target = Math.max(ratio * ratio * ratio * mu, least);
  qh.set(gx);
  rh.set(gu);
  correctNewton(newton, qp, target, Math.min(1, predicted / TRUSTED_STEP), qh, rh);
  solveSystem(system, qp, qh, rh, stepX, stepU);
  newtonDirection(newton, qp, stepX, stepU, 1 / attempt.fraction);
  return true;
}
