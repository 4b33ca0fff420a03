import { largestMagnitude } from "../linalg/index.ts";
import { isFiniteVec, type Ocp, rollout, totalCost, type Vec } from "../ocp/index.ts";
import { backwardPass } from "./backward-pass.ts";
import { evaluateDerivatives, makeConvex, projectedGradient } from "./derivatives.ts";
import { lineSearch, type Step } from "./line-search.ts";
import type { IlqrOptions } from "./options.ts";
import type { IlqrStatus } from "./status.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/** Where a run of the iterations ended; the trajectory is `w.current`, the gains are `w.K`. */
export type IlqrRun = {
  status: IlqrStatus;
  cost: number;
  stationarity: number;
  iterations: number;
};

/**
 * Where no step promises a decrease above rounding, a gradient this many times the tolerance is as small
 * as it gets; a larger one is that of a model gone wrong, on a trajectory that is all but chaotic.
 */
const NEARLY = 1e3;

/** Levenberg-Marquardt regularization and the factor by which it changes next. */
type Regularization = { mu: number; factor: number };

/**
 * Iterates from the controls in `w.current.U` (clipped to their bounds) until converged or out of steps.
 *
 * @param stopAt time on the options' clock at which to stop [ms]
 */
export function iterate(ocp: Ocp, w: IlqrWorkspace, x0: Vec, o: IlqrOptions, stopAt: number): IlqrRun {
  const run: IlqrRun = { status: "nonFinite", cost: Number.NaN, stationarity: Number.NaN, iterations: 0 };
  w.history.length = 0;
  w.K.fill(0);
  const finite = rollout(ocp, x0, w.current) && isFiniteVec(w.current.U);
  run.cost = finite ? totalCost(ocp, w.current) : Number.NaN;
  if (!Number.isFinite(run.cost)) return run;
  const step: Step = { alpha: 1, cost: run.cost };
  const r: Regularization = { mu: o.muInitial, factor: 1 };
  for (;;) {
    if (!evaluateDerivatives(ocp, w, o.hessian)) {
      run.status = "nonFinite";
      return run;
    }
    run.stationarity = projectedGradient(ocp, w);
    w.history.push(run.cost, run.stationarity, step.alpha, r.mu);
    const verdict = stopReason(w, run, o, stopAt) ?? improve(ocp, w, run, o, stopAt, r, step);
    if (verdict !== undefined) {
      run.status = verdict;
      if (verdict !== "nonFinite") finalGains(ocp, w, o);
      return run;
    }
    const accepted = w.next;
    w.next = w.current;
    w.current = accepted;
    run.cost = step.cost;
    run.iterations++;
  }
}

function stopReason(w: IlqrWorkspace, run: IlqrRun, o: IlqrOptions, stopAt: number): IlqrStatus | undefined {
  if (run.stationarity <= o.tol * (1 + largestMagnitude(w.current.U))) return "converged";
  if (run.iterations >= o.maxIterations) return "maxIterations";
  return late(o, stopAt) ? "deadline" : undefined;
}

function late(o: IlqrOptions, stopAt: number): boolean {
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
  r: Regularization,
  step: Step,
): IlqrStatus | undefined {
  if (o.hessian === "gaussNewton") makeConvex(w);
  for (;;) {
    if (hasMinimum(ocp, w, r.mu)) {
      const promised = -(w.expected.linear + w.expected.quadratic);
      if (r.mu <= o.muMin && promised <= o.costTol * (1 + Math.abs(run.cost))) {
        return run.stationarity <= NEARLY * o.tol * (1 + largestMagnitude(w.current.U))
          ? "converged"
          : "stalled";
      }
      if (lineSearch(ocp, w, run.cost, o, step)) {
        relax(r, o);
        return undefined;
      }
    }
    tighten(r, o);
    if (r.mu > o.muMax) return "stalled";
    if (late(o, stopAt)) return "deadline";
  }
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
