import { addScaled, dot } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { addPairForces, hardDistances, type IpmPairs } from "./ipm-pairs.ts";
import type { Qp, QpShape } from "./qp.ts";
import { meanCurvature } from "./qp-residual.ts";
import {
  costGradient,
  factorSystem,
  type RiccatiSystem,
  resetHessian,
  resetWeights,
  solveSystem,
} from "./riccati-system.ts";
import { addSoftWeights, softProducts, softValues } from "./soft-rows.ts";

/** First weight of an active bound or row, relative to the mean diagonal of the cost's Hessian. */
const FIRST_WEIGHT = 1e3;
/** Growth of the weight each time the pieces have settled. */
const WEIGHT_GROWTH = 10;
/** Trial lengths of one line search. */
const TRIALS = 8;

/**
 * Newton's method on the active set, for starts near the solution: the augmented Lagrangian of a QP with the
 * multipliers `l` of an earlier solution is piecewise quadratic in (dX, dU), and its multiplier of a bound or
 * soft row with value g is
 *
 *     l(g) = clamp(l - rho g, 0, linear + quadratic s),  s the violation once the row gives way
 *
 * One Riccati recursion minimizes the present piece; an exact line search keeps the value falling; when no
 * piece changes, `l` becomes l(g), which brings the violation down by a factor of the order of rho over the
 * cost's curvature. Each step costs half of an interior point's, and near the solution very few are needed.
 *
 * Source: the proximal method of multipliers with semismooth Newton steps (Rockafellar 1976; De Marchi 2022).
 */
export type ActiveSetNewton = {
  readonly shape: QpShape;
  readonly system: RiccatiSystem;
  readonly pairs: IpmPairs;
  /** Steps taken by the last run. */
  steps: number;
  /** Weight of the active bounds and rows. */
  rho: number;
  /** Largest product of a multiplier with its distance. */
  worst: number;
  /** (N + 1, nx) step, gradient, right-hand side, change of the gradient along the step. */
  readonly states: Readonly<Record<"step" | "g" | "rhs" | "h" | "zero", Vec>>;
  /** (N, nu) the same of the controls. */
  readonly controls: Readonly<Record<"step" | "g" | "rhs" | "h" | "zero", Vec>>;
  /** Value, multiplier estimate, step of the value and weight of the hard bounds, of the soft rows. */
  readonly hard: Readonly<Record<"value" | "estimate" | "step" | "weight", Vec>>;
  readonly soft: Readonly<Record<"value" | "estimate" | "step" | "weight", Vec>>;
};

/** Allocates the method for a solver's pairs; the system is used by each run anew. */
export function createActiveSetNewton(
  shape: QpShape,
  system: RiccatiSystem,
  pairs: IpmPairs,
): ActiveSetNewton {
  const vec = (length: number) => (): Vec => new Float64Array(length);
  const parts = (make: () => Vec) => ({ step: make(), g: make(), rhs: make(), h: make(), zero: make() });
  const pieces = (make: () => Vec) => ({ value: make(), estimate: make(), step: make(), weight: make() });
  return {
    shape,
    system,
    pairs,
    steps: 0,
    rho: 1,
    worst: 0,
    states: parts(vec((shape.N + 1) * shape.nx)),
    controls: parts(vec(shape.N * shape.nu)),
    hard: pieces(vec(pairs.hl.length)),
    soft: pieces(vec(pairs.linear.length)),
  };
}

/**
 * Improves (X, U) and the multipliers in `pairs` (hl, sl) in place.
 *
 * @param limit products of multipliers with distances that are small enough
 * @param done asked each time no piece changed and no product exceeds the limit
 * @returns whether `done` ever agreed
 */
export function runActiveSet(
  s: ActiveSetNewton,
  qp: Qp,
  X: Vec,
  U: Vec,
  maxSteps: number,
  limit: number,
  done: (qp: Qp) => boolean,
): boolean {
  const { system, pairs, states, controls, hard, soft } = s;
  startRun(s, qp, X, U);
  let changed = true;
  for (s.steps = 0; s.steps < maxSteps; ) {
    if (changed && !factorPiece(s, qp)) return false;
    states.rhs.set(states.g);
    controls.rhs.set(controls.g);
    addPairForces(pairs, qp, pairs.hl, pairs.sl, states.rhs, controls.rhs);
    solveSystem(system, qp, states.rhs, controls.rhs, states.step, controls.step);
    s.steps++;
    stepValues(s, qp);
    const a = dot(states.g, states.step) + dot(controls.g, controls.step);
    const b = dot(states.h, states.step) + dot(controls.h, controls.step);
    const alpha = searchLine(s, a, b);
    addScaled(X, alpha, states.step);
    addScaled(U, alpha, controls.step);
    addScaled(states.g, alpha, states.h);
    addScaled(controls.g, alpha, controls.h);
    addScaled(hard.value, alpha, hard.step);
    addScaled(soft.value, alpha, soft.step);
    changed = selectPieces(s);
    if (changed || alpha < 1) continue;
    hard.estimate.set(pairs.hl);
    soft.estimate.set(pairs.sl);
    if (s.worst <= limit && done(qp)) return true;
    s.rho *= WEIGHT_GROWTH;
    changed = selectPieces(s);
  }
  return false;
}

/** Sets weight, estimates, values, pieces and gradient at the start of a run. */
function startRun(s: ActiveSetNewton, qp: Qp, X: Vec, U: Vec): void {
  s.rho = FIRST_WEIGHT * meanCurvature(qp);
  s.hard.estimate.set(s.pairs.hl);
  s.soft.estimate.set(s.pairs.sl);
  hardDistances(s.pairs, qp, U, s.hard.value);
  softValues(s.pairs, qp, X, U, s.soft.value);
  s.hard.weight.fill(-1);
  selectPieces(s);
  costGradient(s.system.kernels, qp, X, U, s.states.g, s.controls.g);
}

/** Multiplier of a soft row from `l`, its estimate less rho times its value, as its penalty allows. */
function softMultiplier(l: number, rho: number, linear: number, quadratic: number): number {
  if (l <= 0) return 0;
  if (l <= linear) return l;
  return linear + (quadratic / (rho + quadratic)) * (l - linear);
}

/** Multiplier of row j from `l`; an equality's may be negative. */
function rowMultiplier({ nq, linear, quadratic }: IpmPairs, j: number, l: number, rho: number): number {
  if (j < nq || l >= 0) return softMultiplier(l, rho, linear[j], quadratic[j]);
  return -softMultiplier(-l, rho, linear[j], quadratic[j]);
}

/** Multipliers at the present values into hl, sl; weights of the present piece. @returns whether it changed */
function selectPieces(s: ActiveSetNewton): boolean {
  const { rho, hard, soft } = s;
  const { nh, nq, ns, linear, quadratic, hl, sl } = s.pairs;
  let changed = false;
  let worst = 0;
  for (let j = 0; j < nh; j++) {
    const l = hard.estimate[j] - rho * hard.value[j];
    const weight = l > 0 ? rho : 0;
    hl[j] = l > 0 ? l : 0;
    if (l > 0) worst = Math.max(worst, Math.abs(l * hard.value[j]));
    if (weight !== hard.weight[j]) changed = true;
    hard.weight[j] = weight;
  }
  for (let j = 0; j < ns; j++) {
    const g = soft.value[j];
    const l = soft.estimate[j] - rho * g;
    const way = j < nq ? l : Math.abs(l);
    const weight = way <= 0 ? 0 : way <= linear[j] ? rho : (rho * quadratic[j]) / (rho + quadratic[j]);
    const m = rowMultiplier(s.pairs, j, l, rho);
    sl[j] = m;
    if (m !== 0 && (Math.abs(m) < linear[j] || m * g > 0)) worst = Math.max(worst, Math.abs(m * g));
    if (weight !== soft.weight[j]) changed = true;
    soft.weight[j] = weight;
  }
  s.worst = worst;
  return changed;
}

/** Factorizes the present piece; false where it is not convex. */
function factorPiece(s: ActiveSetNewton, qp: Qp): boolean {
  const { system, pairs } = s;
  resetHessian(system, qp);
  resetWeights(system, pairs, 0);
  for (let j = 0; j < pairs.nh; j++) system.dR[pairs.hardIndex[j]] += s.hard.weight[j];
  addSoftWeights(pairs, qp, s.soft.weight, system);
  return factorSystem(system, qp, true);
}

/** Steps of every value, and change of the cost's gradient, along the step of (X, U). */
function stepValues(s: ActiveSetNewton, qp: Qp): void {
  const { pairs, states, controls } = s;
  const { nh, hardIndex, hardSign } = pairs;
  for (let j = 0; j < nh; j++) s.hard.step[j] = hardSign[j] * controls.step[hardIndex[j]];
  softProducts(pairs, qp, states.step, controls.step, s.soft.step);
  const { zero: q, step: X, h: gx } = states;
  const { zero: r, step: U, h: gu } = controls;
  s.system.kernels.gradient(s.shape.N, qp.Q, qp.R, qp.M, q, r, X, U, gx, gu);
}

/** Derivative of the augmented Lagrangian along the step, at length alpha. */
function slopeAt(s: ActiveSetNewton, alpha: number, linearPart: number, quadraticPart: number): number {
  const { rho, hard, soft } = s;
  const { nh, ns } = s.pairs;
  let sum = linearPart + alpha * quadraticPart;
  for (let j = 0; j < nh; j++) {
    const l = hard.estimate[j] - rho * (hard.value[j] + alpha * hard.step[j]);
    if (l > 0) sum -= l * hard.step[j];
  }
  for (let j = 0; j < ns; j++) {
    const l = soft.estimate[j] - rho * (soft.value[j] + alpha * soft.step[j]);
    sum -= rowMultiplier(s.pairs, j, l, rho) * soft.step[j];
  }
  return sum;
}

/** Length at which the derivative vanishes, within [0, 1]; 1 where it is still negative there. */
function searchLine(s: ActiveSetNewton, a: number, b: number): number {
  let high = slopeAt(s, 1, a, b);
  let low = slopeAt(s, 0, a, b);
  const enough = 0.1 * Math.abs(low) + 1e-9 * Math.abs(a);
  if (high <= enough) return 1;
  let from = 0;
  let to = 1;
  let alpha = 1;
  for (let i = 0; i < TRIALS; i++) {
    // False position, with a bisection every other time against one-sided progress.
    alpha = i % 2 === 0 ? from + ((to - from) * low) / (low - high) : 0.5 * (from + to);
    const value = slopeAt(s, alpha, a, b);
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
