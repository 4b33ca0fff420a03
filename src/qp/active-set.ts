import type { IpmEngine } from "./ipm-engine.ts";
import type { Qp } from "./qp.ts";

/** First weight of an active bound or row, relative to the mean diagonal of the cost's Hessian. */
const FIRST_WEIGHT = 1e3;
/** Growth of the weight each time the pieces have settled: in one step, and in more, when it may well unsettle them again. */
const WEIGHT_GROWTH = { fast: 10, slow: 3 };
/** The largest product has to halve in so many steps, or else an interior point is sooner there. */
const PATIENCE = 4;
/** Trial lengths of one line search. */
const TRIALS = 8;

/**
 * Newton's method on the active set, for starts near the solution: the augmented Lagrangian of a QP with the
 * multipliers `l` of an earlier solution is piecewise quadratic in (dX, dU), and its multiplier of a bound or
 * soft row with value g is
 *
 *     l(g) = clamp(l - rho g, 0, linear + quadratic s),  s the violation once the row gives way
 *
 * (of an equality the same with |l - rho g|, and its sign).
 * One Riccati recursion minimizes the present piece; an exact line search keeps the value falling; when no
 * piece changes, `l` becomes l(g), which brings the violation down by a factor of the order of rho over the
 * cost's curvature. Each step costs half of an interior point's, and near the solution very few are needed.
 *
 * Improves the engine's point and multipliers in place; adds its steps to the solution's iterations.
 *
 * Source: the proximal method of multipliers with semismooth Newton steps (Rockafellar 1976; De Marchi 2022).
 *
 * @param curvature mean diagonal entry of the Hessian
 * @param limit products of multipliers with distances that are small enough
 * @param tol relative residual, measured each time no piece changed and no product exceeds the limit
 * @param late asked before each step
 * @returns whether the residual was ever that small
 */
export function runActiveSet(
  e: IpmEngine,
  qp: Qp,
  curvature: number,
  maxSteps: number,
  limit: number,
  tol: number,
  late: () => boolean,
): boolean {
  let rho = FIRST_WEIGHT * curvature;
  e.startActive(qp);
  e.selectPieces(rho);
  let changed = true;
  let settled = -1;
  let least = Infinity;
  let progress = 0;
  for (let steps = 0; steps < maxSteps && !late(); steps++) {
    if (changed && !e.factorPiece(qp)) return false;
    e.stepPiece(qp);
    e.solution.iterations++;
    const alpha = searchLine(e, rho);
    e.move(alpha);
    changed = e.selectPieces(rho);
    const { worst } = e.numbers;
    if (worst <= Math.max(limit, 0.5 * least)) {
      least = worst;
      progress = steps;
    } else if (steps - progress >= PATIENCE) return false;
    if (changed || alpha < 1) continue;
    e.keepEstimates();
    if (e.numbers.worst <= limit && e.measure(qp) <= tol) return true;
    rho *= steps - settled > 1 ? WEIGHT_GROWTH.slow : WEIGHT_GROWTH.fast;
    settled = steps;
    changed = e.selectPieces(rho);
  }
  return false;
}

/** Derivative of the augmented Lagrangian along the step, at length alpha. */
function derivativeAt(e: IpmEngine, alpha: number, rho: number): number {
  return e.numbers.first + alpha * e.numbers.second + e.slopeAt(alpha, rho);
}

/** Length at which the derivative vanishes, within [0, 1]; 1 where it is still negative there. */
function searchLine(e: IpmEngine, rho: number): number {
  let high = derivativeAt(e, 1, rho);
  let low = derivativeAt(e, 0, rho);
  const enough = 0.1 * Math.abs(low) + 1e-9 * Math.abs(e.numbers.first);
  if (high <= enough) return 1;
  let from = 0;
  let to = 1;
  let alpha = 1;
  for (let i = 0; i < TRIALS; i++) {
    // False position, with a bisection every other time against one-sided progress.
    alpha = i % 2 === 0 ? from + ((to - from) * low) / (low - high) : 0.5 * (from + to);
    const value = derivativeAt(e, alpha, rho);
    if (Math.abs(value) <= enough) break;
    if (value < 0) {
      from = alpha;
      low = value;
    } else {
      to = alpha;
      high = value;
    }
  }
  return alpha;
}
