import type { Ocp } from "../ocp/index.ts";
import type { QpSolver } from "../qp/index.ts";
import { adjoint } from "./adjoint.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { evaluateConstraints, multiplierStep } from "./constraints.ts";
import { type Elasticity, solveElastic } from "./elastic-qp.ts";
import { computeGains } from "./gains.ts";
import { kktResiduals, type SqpResiduals } from "./kkt.ts";
import { lineSearch } from "./line-search.ts";
import { hasKinks, merit, meritSlope, resetSlacks } from "./merit.ts";
import type { GainKind, SqpOptions } from "./options.ts";
import { quadratize } from "./quadratize.ts";
import type { SqpWorkspace } from "./workspace.ts";

/** What one step of a solve hands to the next, besides the iterate. */
export type SqpProgress = Elasticity & {
  residuals: SqpResiduals;
  /** QPs solved. */
  steps: number;
  /** The last QP's curvature led nowhere: the next one does without. */
  withoutCurvature: boolean;
  readonly ms: { linearize: number; qp: number; lineSearch: number };
};

/** How a step ended. */
export type SqpStep = {
  readonly outcome: "stepped" | "converged" | "stalled" | "infeasible" | "nonFinite";
  /** Accepted length, 0 without one. */
  readonly alpha: number;
  readonly qpIterations: number;
  readonly gains: GainKind;
  /** Merit at the iterate, its slope along the step, and merit at the accepted length; NaN without a search. */
  readonly phi0: number;
  readonly slope: number;
  readonly phi: number;
};

/** So many QPs in a row without hope, at the largest weight, and the hard rows are said to be infeasible. */
const HOPELESS = 2;

/** How far one trial of the line search may cut the last: interpolation is misled by the kinks of soft rows. */
const SMOOTH_SHRINK = 0.1;
const KINKED_SHRINK = 0.5;

/** Progress before the first step. */
export function startProgress(o: Pick<SqpOptions, "hardWeight">): SqpProgress {
  const none = Number.NaN;
  return {
    residuals: { primal: none, stationarity: none, complementarity: none, kkt: none },
    hardWeight: o.hardWeight,
    elastic: false,
    hopeless: 0,
    steps: 0,
    withoutCurvature: false,
    ms: { linearize: 0, qp: 0, lineSearch: 0 },
  };
}

/**
 * One QP and its line search, from a `current` that is linearized and has its adjoint; leaves the accepted
 * iterate in `current` and its multipliers in `duals`. {@link referenceStep} is its readable twin.
 */
export function sqpStep(ocp: Ocp, w: SqpWorkspace, solver: QpSolver, o: SqpOptions, s: SqpProgress): SqpStep {
  const clock = o.clock ?? (() => 0);
  const t0 = clock();
  const curved = quadratize(ocp, w, s.withoutCurvature ? "gaussNewton" : o.hessian, o.rFloor);
  const t1 = clock();
  s.ms.linearize += t1 - t0;
  const solution = solveElastic(w, solver, o, s, o.warmQp && s.steps > 0);
  s.steps++;
  const t2 = clock();
  s.ms.qp += t2 - t1;
  const none = { alpha: 0, qpIterations: solution.iterations, gains: o.gains, phi: Number.NaN };
  if (solution.status === "nonFinite")
    return { outcome: "nonFinite", ...none, phi0: none.phi, slope: none.phi };
  if (s.hopeless >= HOPELESS) return { outcome: "infeasible", ...none, phi0: none.phi, slope: none.phi };
  multiplierStep(w.shape, solution.multipliers, w.duals);
  resetSlacks(w);
  // A step that cannot meet the linearized hard rows is measured as its QP took them: multipliers of that
  // size would make the augmented Lagrangian refuse every step.
  const measure = s.elastic ? w.elastic : w.penalties;
  const slope = meritSlope(w, solution, measure);
  const phi0 = merit(ocp, w, w.current, 0, measure);
  const shrink = hasKinks(measure) ? KINKED_SHRINK : SMOOTH_SHRINK;
  let found = { accepted: false, alpha: 0, value: phi0 };
  let gains: GainKind = o.gains;
  for (const kind of o.gains === "open" || o.gains === "stable" ? [o.gains] : [o.gains, "stable" as const]) {
    gains = kind;
    computeGains(kind, w, o.barrier, solution);
    const phi = (alpha: number): number => {
      if (!closedLoopRollout(ocp, w, alpha, solution, kind !== "open")) return Number.NaN;
      evaluateConstraints(ocp, w.shape, w.candidate);
      return merit(ocp, w, w.candidate, alpha, measure);
    };
    found = lineSearch(phi, phi0, slope, o.armijo, o.maxTrials, shrink);
    if (found.accepted) break;
  }
  s.ms.lineSearch += clock() - t2;
  if (!found.accepted) return { outcome: afterRefusal(ocp, w, o, s, curved), ...none, phi0, slope };
  s.withoutCurvature = false;
  // The multipliers of an elastic QP are its weights and say nothing about the problem.
  if (s.elastic) w.duals.Y.fill(0);
  else moveMultipliers(w, found.alpha);
  [w.current, w.candidate] = [w.candidate, w.current];
  return {
    outcome: "stepped",
    alpha: found.alpha,
    qpIterations: solution.iterations,
    gains,
    phi0,
    slope,
    phi: found.value,
  };
}

/** Y + alpha dY, kept >= 0 where a constraint is an inequality. */
function moveMultipliers({ shape, duals }: Pick<SqpWorkspace, "shape" | "duals">, alpha: number): void {
  const { Y, dY } = duals;
  for (let i = 0; i < Y.length; i++) {
    const y = Y[i] + alpha * dY[i];
    Y[i] = shape.equal[i] === 1 ? y : Math.max(0, y);
  }
}

/**
 * What follows when no step decreases the merit. The iterate may be a solution that only lacked its
 * multipliers; a QP with curvature may have led astray, then the next one does without.
 */
function afterRefusal(
  ocp: Ocp,
  w: SqpWorkspace,
  o: SqpOptions,
  s: SqpProgress,
  curved: boolean,
): SqpStep["outcome"] {
  const { Y, dY } = w.duals;
  if (!s.elastic) {
    for (let i = 0; i < Y.length; i++) Y[i] += dY[i];
    adjoint(w.shape, w.qp, Y, w.adjoint);
    const residuals = kktResiduals(ocp, w, w.current, Y, w.adjoint.gradient);
    if (residuals.kkt <= o.tol) {
      s.residuals = residuals;
      return "converged";
    }
    moveMultipliers(w, -1);
  }
  if (curved) {
    s.withoutCurvature = true;
    return "stepped";
  }
  if (!s.elastic) return "stalled";
  if (s.hardWeight >= o.maxHardWeight) return "infeasible";
  s.hardWeight = Math.min(10 * s.hardWeight, o.maxHardWeight);
  return "stepped";
}
