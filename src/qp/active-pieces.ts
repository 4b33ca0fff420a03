import { addScaled, dot } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import { addPairForces, hardDistances, type IpmPairs } from "./ipm-pairs.ts";
import type { Qp, QpShape } from "./qp.ts";
import {
  costGradient,
  factorSystem,
  type RiccatiSystem,
  resetHessian,
  resetWeights,
  solveSystem,
} from "./riccati-system.ts";
import { addSoftWeights, softProducts, softValues } from "./soft-rows.ts";

/** What {@link runActiveSet} works on in JavaScript: pieces of the augmented Lagrangian and steps on them. */
export type ActivePieces = {
  readonly shape: QpShape;
  readonly system: RiccatiSystem;
  readonly pairs: IpmPairs;
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

/** Allocates the pieces of a solver's pairs; the system is used by each run anew. */
export function createActivePieces(shape: QpShape, system: RiccatiSystem, pairs: IpmPairs): ActivePieces {
  const vec = (length: number) => (): Vec => new Float64Array(length);
  const parts = (make: () => Vec) => ({ step: make(), g: make(), rhs: make(), h: make(), zero: make() });
  const pieces = (make: () => Vec) => ({ value: make(), estimate: make(), step: make(), weight: make() });
  return {
    shape,
    system,
    pairs,
    worst: 0,
    states: parts(vec((shape.N + 1) * shape.nx)),
    controls: parts(vec(shape.N * shape.nu)),
    hard: pieces(vec(pairs.hl.length)),
    soft: pieces(vec(pairs.linear.length)),
  };
}

/** Sets estimates, values and the cost's gradient at (X, U). */
export function startPieces(s: ActivePieces, qp: Qp, X: Vec, U: Vec): void {
  keepEstimates(s);
  hardDistances(s.pairs, qp, U, s.hard.value);
  softValues(s.pairs, qp, X, U, s.soft.value);
  s.hard.weight.fill(-1);
  costGradient(s.system.kernels, qp, X, U, s.states.g, s.controls.g);
}

/** Makes the present multipliers the estimates. */
export function keepEstimates({ hard, soft, pairs }: ActivePieces): void {
  hard.estimate.set(pairs.hl);
  soft.estimate.set(pairs.sl);
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
export function selectPieces(s: ActivePieces, rho: number): boolean {
  const { hard, soft } = s;
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
export function factorPiece(s: ActivePieces, qp: Qp): boolean {
  const { system, pairs } = s;
  resetHessian(system, qp);
  resetWeights(system, pairs, 0);
  for (let j = 0; j < pairs.nh; j++) system.dR[pairs.hardIndex[j]] += s.hard.weight[j];
  addSoftWeights(pairs, qp, s.soft.weight, system);
  return factorSystem(system, qp, true);
}

/** Finds the step to the present piece's minimum, of (X, U), of every value and of the cost's gradient. */
export function stepPiece(s: ActivePieces, qp: Qp): void {
  const { system, pairs, states, controls } = s;
  const { nh, hardIndex, hardSign } = pairs;
  states.rhs.set(states.g);
  controls.rhs.set(controls.g);
  addPairForces(pairs, qp, pairs.hl, pairs.sl, states.rhs, controls.rhs);
  solveSystem(system, qp, states.rhs, controls.rhs, states.step, controls.step);
  for (let j = 0; j < nh; j++) s.hard.step[j] = hardSign[j] * controls.step[hardIndex[j]];
  softProducts(pairs, qp, states.step, controls.step, s.soft.step);
  const { zero: q, step: X, h: gx } = states;
  const { zero: r, step: U, h: gu } = controls;
  system.kernels.gradient(s.shape.N, qp.Q, qp.R, qp.M, q, r, X, U, gx, gu);
}

/** First derivative of the cost along the step, and the second. */
export const firstDerivative = ({ states, controls }: ActivePieces): number =>
  dot(states.g, states.step) + dot(controls.g, controls.step);
export const secondDerivative = ({ states, controls }: ActivePieces): number =>
  dot(states.h, states.step) + dot(controls.h, controls.step);

/** What bounds and rows add to the derivative of the augmented Lagrangian along the step, at length alpha. */
export function slopeAt(s: ActivePieces, alpha: number, rho: number): number {
  const { hard, soft } = s;
  const { nh, ns } = s.pairs;
  let sum = 0;
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

/** Takes alpha of the step. */
export function movePieces(
  { states, controls, hard, soft }: ActivePieces,
  alpha: number,
  X: Vec,
  U: Vec,
): void {
  addScaled(X, alpha, states.step);
  addScaled(U, alpha, controls.step);
  addScaled(states.g, alpha, states.h);
  addScaled(controls.g, alpha, controls.h);
  addScaled(hard.value, alpha, hard.step);
  addScaled(soft.value, alpha, soft.step);
}
