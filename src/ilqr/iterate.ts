import {
  costTerms,
  followRay,
  hasRunAway,
  isFiniteVec,
  isGrowing,
  noteLargest,
  noteSizes,
  type Ocp,
  rollout,
  startRunaway,
  totalCost,
  type Vec,
} from "../ocp/index.ts";
import { backwardPass } from "./backward-pass.ts";
import { evaluateDerivatives, makeConvex, projectedGradient, type Stationarity } from "./derivatives.ts";
import { lineSearch, rolloutStep, type Step } from "./line-search.ts";
import type { IlqrOptions } from "./options.ts";
import type { IlqrStatus } from "./status.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/** Where a run of the iterations ended; the trajectory is `w.current`, the gains are `w.K`. */
export type IlqrRun = {
  status: IlqrStatus;
  cost: number;
  /** Gradient that no bound holds, in the problem's units and as a share of its terms. */
  stationarity: number;
  share: number;
  iterations: number;
};

/**
 * Where no step promises a decrease above rounding, a share of gradient this many times the tolerance is as small
 * as it gets; a larger one is that of a model gone wrong, on a trajectory that is all but chaotic. Both are shares, so that no unit
 * matters: rounding of a cost of 1e-16 leaves 1e-8 of a control, 1e-5 where its curvature is a millionth of the largest one's.
 */
const NEARLY = 1e3;

/** Share of the promised decrease that a step of a regularized model must bring: how far it should go is anybody's guess. */
const STEADY = 0.1;

/** Levenberg-Marquardt regularization and the factor by which it changes next. */
type Regularization = { mu: number; factor: number };

/**
 * Iterates from the controls in `w.current.U` (clipped to their bounds) until converged or out of steps.
 *
 * @param stopAt time on the options' clock at which to stop [ms]
 */
export function iterate(ocp: Ocp, w: IlqrWorkspace, x0: Vec, o: IlqrOptions, stopAt: number): IlqrRun {
  const run: IlqrRun = {
    status: "nonFinite",
    cost: Number.NaN,
    stationarity: Number.NaN,
    share: Number.NaN,
    iterations: 0,
  };
  w.K.fill(0);
  const finite = rollout(ocp, x0, w.current) && isFiniteVec(w.current.U);
  run.cost = finite ? totalCost(ocp, w.current) : Number.NaN;
  if (!Number.isFinite(run.cost)) return run;
  const step: Step = { alpha: 1, cost: run.cost };
  const gradient: Stationarity = { value: 0, share: 0 };
  const r: Regularization = { mu: o.muInitial, factor: 1 };
  const growth = startRunaway(w.nu);
  let [gain, noise] = [Number.POSITIVE_INFINITY, 0];
  for (;;) {
    if (run.iterations > 0) noteLargest(w.units.most, w.current.U);
    if (!evaluateDerivatives(ocp, w, o.hessian)) {
      run.status = "nonFinite";
      return run;
    }
    projectedGradient(ocp, w, gradient);
    run.stationarity = gradient.value;
    run.share = gradient.share;
    w.history.push(run.cost, run.stationarity, step.alpha, r.mu);
    // A step that is worth no more than rounding is no end of growth.
    if (gain > noise) noteSizes(growth, w.current.U);
    const verdict = stopReason(run, o, stopAt) ?? improve(ocp, w, run, o, stopAt, isGrowing(growth), r, step);
    if (verdict !== undefined) {
      const over = verdict === "converged" || verdict === "maxIterations" || verdict === "stalled";
      run.status = over && hasRunAway(growth) ? "unbounded" : verdict;
      if (verdict !== "nonFinite") finalGains(ocp, w, o);
      return run;
    }
    const accepted = w.next;
    w.next = w.current;
    w.current = accepted;
    noise = costNoise(ocp, w);
    gain = run.cost - step.cost;
    run.cost = step.cost;
    run.iterations++;
  }
}

function stopReason(run: IlqrRun, o: IlqrOptions, stopAt: number): IlqrStatus | undefined {
  if (run.share <= o.tol) return "converged";
  if (run.iterations >= o.maxIterations) return "maxIterations";
  return late(o, stopAt) ? "deadline" : undefined;
}

export function late(o: IlqrOptions, stopAt: number): boolean {
  return o.clock !== undefined && o.clock() >= stopAt;
}

/**
 * One step: backward pass and line search, regularized as much as it takes. The Gauss-Newton Hessian is
 * made convex first; the full one only where the backward pass asks for it, so that the last steps,
 * near a minimiser, are Newton's. Undefined once a step is found.
 */
function improve(
  ocp: Ocp,
  w: IlqrWorkspace,
  run: IlqrRun,
  o: IlqrOptions,
  stopAt: number,
  growing: boolean,
  r: Regularization,
  step: Step,
): IlqrStatus | undefined {
  if (o.hessian === "gaussNewton") makeConvex(w);
  const terms = costTerms(ocp, w.current);
  const noise = ROUNDING * terms;
  for (;;) {
    if (hasMinimum(ocp, w, r.mu)) {
      const promised = -(w.expected.linear + w.expected.quadratic);
      if (r.mu <= o.muMin && promised <= o.costTol * terms) {
        return run.share <= NEARLY * o.tol ? "converged" : "stalled";
      }
      const armijo = r.mu > 0 && !growing ? Math.max(o.armijo, STEADY) : o.armijo;
      if (lineSearch(ocp, w, run.cost, armijo, o.maxTrials, noise, step, () => late(o, stopAt))) {
        if (isUnbounded(ocp, w, run.cost, step, r.mu, noise, () => late(o, stopAt))) return "unbounded";
        relax(r, o);
        return undefined;
      }
    }
    tighten(r, o);
    if (r.mu > o.muMax) return "stalled";
    if (late(o, stopAt)) return "deadline";
  }
}

/** Differences of two costs below this share of the terms they are sums of are rounding. */
const ROUNDING = 1e-14;

/** Rounding of a cost. */
export function costNoise(ocp: Ocp, w: IlqrWorkspace): number {
  return ROUNDING * costTerms(ocp, w.current);
}

/**
 * Whether the cost falls for ever along an accepted whole step. Asked where there is no curvature, or one against the
 * step: where it had to be regularized or leads farther down than its slope promises.
 */
function isUnbounded(
  ocp: Ocp,
  w: IlqrWorkspace,
  cost: number,
  step: Step,
  mu: number,
  noise: number,
  late: () => boolean,
): boolean {
  const decrease = cost - step.cost;
  const bends = mu > 0 || decrease > -w.expected.linear;
  if (step.alpha < 1 || !bends || !(decrease > noise)) return false;
  const { unbounded } = followRay((alpha) => (late() ? cost : rolloutStep(ocp, w, alpha)), cost, decrease);
  rolloutStep(ocp, w, step.alpha); // leaves the accepted step in `next`
  return unbounded;
}

/** Backward pass; where the model has no minimum it is made convex and gets a second chance. */
function hasMinimum(ocp: Ocp, w: IlqrWorkspace, mu: number): boolean {
  if (backwardPass(ocp, w, mu)) return true;
  if (w.convex) return false;
  makeConvex(w);
  return backwardPass(ocp, w, mu);
}

/** Raises mu, faster each time in a row (Tassa, Erez, Todorov 2012, section II.F). */
function tighten(r: Regularization, o: IlqrOptions): void {
  r.factor = Math.max(o.muFactor, r.factor * o.muFactor);
  r.mu = Math.max(o.muMin, r.mu * r.factor);
}

/** Lowers mu, faster each time in a row, and to zero below muMin. */
function relax(r: Regularization, o: IlqrOptions): void {
  r.factor = Math.min(1 / o.muFactor, r.factor / o.muFactor);
  r.mu *= r.factor;
  if (r.mu < o.muMin) r.mu = 0;
}

/** Gains at the trajectory that is returned, with the least regularization that has some. */
function finalGains(ocp: Ocp, w: IlqrWorkspace, o: IlqrOptions): void {
  const r: Regularization = { mu: 0, factor: 1 };
  if (o.hessian === "gaussNewton") makeConvex(w);
  while (!hasMinimum(ocp, w, r.mu)) {
    tighten(r, o);
    if (r.mu > o.muMax) {
      w.K.fill(0);
      return;
    }
  }
}
