import type { Vec } from "../ocp/index.ts";
import type { IpmEngine } from "./ipm-engine.ts";
import { provesInfeasible } from "./ipm-infeasible.ts";
import type { Qp } from "./qp.ts";
import { FORCE_SHARE } from "./qp-residual.ts";

/** How one attempt of the interior point starts and steps. */
export type IpmAttempt = {
  /** The start's mean product of pairs, relative to the gap estimated per pair. */
  readonly muScale: number;
  /** Fraction of the way to the boundary. */
  readonly fraction: number;
  /** Added to the diagonal of R, relative to its largest entry. */
  readonly regularization: number;
};

/** What the steps measure a QP's numbers by. */
export type IpmScales = {
  readonly tol: number;
  /** Steps of one attempt. */
  readonly maxIterations: number;
  /** Scale of the gradients in the QP's data, and of its multipliers too. */
  dataScale: number;
  dualScale: number;
  /** Largest diagonal entry of R. */
  diagonal: number;
  /** Mean diagonal entry of the Hessian, > 0. */
  curvature: number;
  /** Whether there are hard rows. */
  firm: boolean;
  /** Asked before each step: whether to stop. */
  late: () => boolean;
  /** (2 nx) */
  readonly scratch: Vec;
};

/** Below this predictor step its second-order term is trusted in proportion only. */
const TRUSTED_STEP = 0.3;
/** Steps as short as this may mean that hard rows cannot be met. */
const SHORT_STEP = 0.5;
/** Where rounding stops progress short of the tolerance, this relative residual still counts as solved. */
export const ROUNDING_RESIDUAL = 1e-6;

/** Starts near dU = 0 with every pair centred; returns mu. */
export function startCold(e: IpmEngine, qp: Qp, attempt: IpmAttempt, s: IpmScales): number {
  const { count } = e.numbers;
  e.solution.dU.fill(0);
  pullInside(e, qp, 0);
  const gap = e.unconstrainedGain(qp, attempt.regularization * s.diagonal) + e.violationCost(s.dualScale);
  const mu = count > 0 ? Math.max((attempt.muScale * gap) / count, s.tol * s.dualScale) : 0;
  // Nearer to a bound than this, its multiplier would dwarf every gradient of the QP.
  pullInside(e, qp, Math.min(1, (0.1 * mu) / s.dualScale));
  e.centre(qp, mu, s.dualScale, s.curvature);
  return mu;
}

/** Moves the controls inside their bounds: by `distance`, between two by 1/20 to 1/10 of the width: their centre may be far. */
function pullInside(e: IpmEngine, qp: Qp, distance: number): void {
  const U = e.solution.dU;
  for (let i = 0; i < U.length; i++) {
    const lower = qp.uLower[i];
    const upper = qp.uUpper[i];
    const width = upper - lower;
    let margin = +distance; // a double from here on: else each is boxed
    if (width < Infinity) margin = Math.min(Math.max(margin, 0.05 * width), 0.1 * width);
    if (width > 2 * margin) U[i] = Math.min(Math.max(U[i], lower + margin), upper - margin);
    else U[i] = lower + 0.5 * width;
  }
  e.place(qp);
}

/** How an attempt ended: at the tolerance, with a proof that the hard rows cannot be met, or at neither. */
export type IpmOutcome = "solved" | "infeasible" | "stopped";

/** Predictor-corrector steps from the present point. */
export function iterateInterior(
  e: IpmEngine,
  qp: Qp,
  attempt: IpmAttempt,
  s: IpmScales,
  start: number,
): IpmOutcome {
  const { numbers } = e;
  let mu = start;
  // The gradient's residual shrinks by (1 - alpha) a step; what it really is, is measured at the end.
  let remaining = 1;
  let measured = Infinity;
  // Products below this gain nothing, unless the other residuals ask for it.
  let least = 0.02;
  for (let i = 0; i < s.maxIterations && !s.late(); i++) {
    if (!findDirection(e, qp, attempt, s, mu, least * s.tol * s.dualScale)) return "stopped";
    const alpha = Math.min(1, attempt.fraction * numbers.alpha);
    e.update(alpha);
    e.solution.iterations++;
    mu = numbers.mu;
    remaining *= 1 - alpha;
    if (!Number.isFinite(mu)) return "stopped";
    s.dualScale = Math.max(s.dataScale, FORCE_SHARE * numbers.largest);
    const limit = s.tol * s.dualScale;
    if (numbers.worst <= limit) {
      if (least < 1e-9) return "stopped";
      least *= 0.01;
      if (numbers.slope <= limit && remaining <= 1e-3) {
        const before = measured;
        measured = e.measure(qp);
        if (measured <= s.tol) return "solved";
        if (measured > 0.5 * before) return measured <= ROUNDING_RESIDUAL ? "solved" : "stopped";
      }
    }
    if (s.firm && alpha < SHORT_STEP) {
      e.measure(qp);
      if (provesInfeasible(qp, e.solution.multipliers, s.scratch)) return "infeasible";
    }
    if (alpha < 1e-8) return "stopped";
  }
  return "stopped";
}

/**
 * Finds the step of one iteration, predictor and corrector.
 *
 * @param mu mean product of the pairs
 * @param least smallest product to aim at
 * @returns false where the system has no factors
 */
function findDirection(
  e: IpmEngine,
  qp: Qp,
  attempt: IpmAttempt,
  s: IpmScales,
  mu: number,
  least: number,
): boolean {
  const { numbers } = e;
  if (!e.predict(qp, attempt.regularization * s.diagonal)) return false;
  const predicted = numbers.alpha;
  const gap = mu * (1 - predicted) + (predicted * predicted * numbers.cross) / Math.max(1, numbers.count);
  const ratio = mu > 0 ? Math.min(1, Math.max(0, gap / mu)) : 0;
  const target = Math.max(ratio * ratio * ratio * mu, least);
  e.correct(qp, target, Math.min(1, predicted / TRUSTED_STEP), 1 / attempt.fraction);
  return true;
}
