import { type ConstraintPenalties, followRay, type Ocp, type Ray, totalCost } from "../ocp/index.ts";
import { NEVER_LATE, type QpSolution, type QpSolver } from "../qp/index.ts";
import { stableAdjoint } from "./adjoint.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { evaluateConstraints, largestViolation, multiplierStep } from "./constraints.ts";
import { priceOfGaps, shiftStates } from "./defects.ts";
import { type Elasticity, solveElastic } from "./elastic-qp.ts";
import { computeGains } from "./gains.ts";
import { kktResiduals, type SqpResiduals } from "./kkt.ts";
import { type LineSearchResult, lineSearch } from "./line-search.ts";
import { merit, meritNoise, meritSlope, resetSlacks, softPenalty, weighConstraints } from "./merit.ts";
import type { GainKind, SqpOptions } from "./options.ts";
import { type Damping, LEAST_DAMPING, quadratize } from "./quadratize.ts";
import type { Iterate, SqpWorkspace } from "./workspace.ts";

/** What one step of a solve hands to the next, besides the iterate. */
export type SqpProgress = Elasticity & {
  residuals: SqpResiduals;
  /** QPs solved. */
  steps: number;
  /** The last QP's curvature led nowhere: the next one does without. */
  withoutCurvature: boolean;
  readonly damping: Damping;
  /** Steps in a row that were shortened. */
  shortened: number;
  /** Steps in a row that were next to nothing. */
  tiny: number;
  /** A control has been growing for many steps. */
  growing: boolean;
  readonly ms: { linearize: number; qp: number; lineSearch: number };
};

/** How a step ended. */
export type SqpStep = {
  readonly outcome:
    | "stepped"
    | "converged"
    | "stalled"
    | "infeasible"
    | "unbounded"
    | "nonFinite"
    | "deadline";
  /** Accepted length, 0 without one. */
  readonly alpha: number;
  readonly qpIterations: number;
  readonly gains: GainKind;
  /** Merit at the iterate, its slope along the step, and merit at the accepted length; NaN without a search. */
  readonly phi0: number;
  readonly slope: number;
  readonly phi: number;
  /** Whether that is a change of more than rounding. */
  readonly told: boolean;
};

/** So many QPs in a row without hope, at the largest weight, and the hard rows are said to be infeasible. */
const HOPELESS = 2;

/**
 * Share of its slope that a step must bring where controls had no curvature of their own: how far it should go is anybody's
 * guess, and a cost that is bounded is lower somewhere a thousand sizes away, too.
 */
const STEADY = 0.1;

/** A step shorter than this wants more damping. */
const SHORT = 0.1;

/** So do this many shortened ones in a row, as along a cost that bends the more the nearer it is to its least. */
const PATIENCE = 12;

/**
 * A step of no more than so many tolerances of the controls' sizes is tiny. After so many in a row that were no end, multipliers may
 * have none, as where a row touches zero (`(x - 1)^2 = 0`): their curvature, the larger the nearer, keeps those of the QPs from being those of the iterate, so
 * that the next QP does without.
 */
const TINY = 10;
const LAGGING = 3;

/** A change of multipliers that is this share of the largest. */
const SETTLED = 0.1;

/** The largest damping whose step was refused before a solve is said to have stalled. */
const MOST_REFUSED = 1e3;

/** Progress before the first step. */
export function startProgress(o: Pick<SqpOptions, "hardWeight">, late = NEVER_LATE): SqpProgress {
  const none = Number.NaN;
  return {
    residuals: { primal: none, stationarity: none, complementarity: none, kkt: none },
    hardWeight: o.hardWeight,
    elastic: false,
    hopeless: 0,
    steps: 0,
    withoutCurvature: false,
    damping: { weight: 0, whole: false },
    shortened: 0,
    tiny: 0,
    growing: false,
    late,
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
  const auto = o.hessian === "auto";
  const lagging = s.tiny >= LAGGING;
  const hessian = (s.withoutCurvature && !auto) || lagging ? "gaussNewton" : o.hessian;
  const curved = quadratize(ocp, w, hessian, o.rFloor, s.damping);
  const t1 = clock();
  s.ms.linearize += t1 - t0;
  const solution = solveElastic(w, solver, o, s, o.warmQp && s.steps > 0);
  s.steps++;
  const t2 = clock();
  s.ms.qp += t2 - t1;
  const none = { alpha: 0, qpIterations: solution.iterations, gains: o.gains, phi: Number.NaN, told: false };
  if (solution.status === "nonFinite")
    return { outcome: "nonFinite", ...none, phi0: none.phi, slope: none.phi };
  if (s.late()) return { outcome: "deadline", ...none, phi0: none.phi, slope: none.phi };
  if (s.hopeless >= HOPELESS) return { outcome: "infeasible", ...none, phi0: none.phi, slope: none.phi };
  multiplierStep(w.shape, solution.multipliers, w.duals);
  s.tiny = isTiny(w, solution, o.tol) && !lagging ? s.tiny + 1 : 0;
  if (lagging && !s.elastic) {
    // A step without curvature is none to take.
    const outcome = lackedMultipliers(w, o, s) ? "converged" : "stepped";
    return { outcome, ...none, phi0: none.phi, slope: none.phi };
  }
  // A step that cannot meet the linearized hard rows is measured as its QP took them: multipliers of that
  // size would make the augmented Lagrangian refuse every step.
  const measure = s.elastic ? w.elastic : w.penalties;
  weighConstraints(w, measure);
  resetSlacks(w, w.current);
  const slope = meritSlope(w, solution, measure);
  const { defects } = w;
  const gaps = defects.open ? priceOfGaps(defects, defects.E) : 0;
  const phi0 = merit(ocp, w, w.current, 0, measure) + gaps;
  const noise = meritNoise(ocp, w, measure);
  const armijo = w.regulator.floored && !s.growing ? Math.max(o.armijo, STEADY) : o.armijo;
  let found: LineSearchResult = { accepted: false, alpha: 0, value: phi0 };
  let gains: GainKind = o.gains;
  const shifted = (alpha: number): number => {
    if (s.late() || !shiftStates(ocp, w, alpha, solution)) return Number.NaN;
    evaluateConstraints(ocp, w.shape, w.candidate);
    return merit(ocp, w, w.candidate, alpha, measure) + priceOfGaps(defects, defects.next);
  };
  for (const kind of o.gains === "open" || o.gains === "stable" ? [o.gains] : [o.gains, "stable" as const]) {
    gains = kind;
    computeGains(kind, w, o.barrier, solution);
    const rolled = (alpha: number): number => {
      if (!closedLoopRollout(ocp, w, alpha, solution, kind !== "open")) return Number.NaN;
      evaluateConstraints(ocp, w.shape, w.candidate);
      return merit(ocp, w, w.candidate, alpha, measure);
    };
    // With gaps, only a whole step is rolled out: it closes them.
    const phi = (alpha: number): number => (s.late() ? Number.NaN : rolled(alpha));
    found = lineSearch(phi, phi0, slope, armijo, defects.open ? 1 : o.maxTrials, noise);
    if (!found.accepted) continue;
    // Without curvature, or against it, how far a step should go is not known.
    if (found.alpha === 1 && !defects.open && (w.regulator.floored || found.value < phi0 + slope)) {
      const ray = rayOf(ocp, w, solution, 1, measure, noise, s.late);
      if (ray.unbounded) return { outcome: "unbounded", ...none, phi0, slope };
      found = { accepted: true, alpha: ray.alpha, value: rolled(ray.alpha) };
    }
    break;
  }
  if (defects.open && found.accepted) defects.open = false;
  else if (defects.open) found = lineSearch(shifted, phi0, slope, armijo, o.maxTrials, noise);
  s.ms.lineSearch += clock() - t2;
  if (!found.accepted && s.late()) return { outcome: "deadline", ...none, phi0, slope };
  if (!found.accepted) return { outcome: afterRefusal(w, o, s, curved), ...none, phi0, slope };
  s.withoutCurvature = false;
  s.shortened = found.alpha < 1 ? s.shortened + 1 : 0;
  if (auto) {
    if (found.alpha >= 1) s.damping.weight = s.damping.weight <= LEAST_DAMPING ? 0 : s.damping.weight / 4;
    else if ((found.alpha < SHORT || s.shortened >= PATIENCE) && !defects.open)
      s.damping.weight = Math.max(LEAST_DAMPING, 4 * s.damping.weight);
  }
  // The multipliers of an elastic QP are its weights and say nothing about the problem.
  if (!isSettled(w)) s.damping.whole = false;
  if (s.elastic) w.duals.Y.fill(0);
  else moveMultipliers(w, Math.min(1, found.alpha));
  if (defects.open) [defects.E, defects.next] = [defects.next, defects.E];
  [w.current, w.candidate] = [w.candidate, w.current];
  return {
    outcome: "stepped",
    alpha: found.alpha,
    qpIterations: solution.iterations,
    gains,
    phi0,
    slope,
    phi: found.value,
    told: Math.abs(found.value - phi0) > noise,
  };
}

/** Whether multipliers change so little that a Hessian with the new ones is as convex as with the old ones. */
function isSettled({ duals: { Y, dY }, scales: { c } }: Pick<SqpWorkspace, "duals" | "scales">): boolean {
  let [change, most] = [0, 0];
  for (let at = 0; at < Y.length; at++) {
    change = Math.max(change, Math.abs(dY[at]) * c[at]);
    most = Math.max(most, Math.abs(Y[at]) * c[at]);
  }
  return change <= SETTLED * most;
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
 * How far the cost keeps falling along a step of length `unit` that was accepted, its candidate in `w`. Lengths that violate
 * hard constraints more than the iterate does end it; where there are hard constraints, it only tells.
 *
 * @param late asked before each rollout
 */
export function rayOf(
  ocp: Ocp,
  w: SqpWorkspace,
  solution: Pick<QpSolution, "dX" | "dU">,
  unit: number,
  measure: ConstraintPenalties,
  noise: number,
  late: () => boolean,
): Ray {
  const price = (t: Iterate): number => totalCost(ocp, t) + softPenalty(w.shape, t.con, measure);
  const start = price(w.current);
  const decrease = start - price(w.candidate);
  if (!(decrease > noise)) return { alpha: 1, unbounded: false };
  const hard = measure.linear.includes(Infinity);
  const allowed = hard ? largestViolation(w.shape, w.current.con) : 0;
  const ray = followRay(
    (alpha) => {
      if (late()) return start;
      if (!closedLoopRollout(ocp, w, alpha * unit, solution, true)) return Number.NaN;
      evaluateConstraints(ocp, w.shape, w.candidate);
      if (hard && largestViolation(w.shape, w.candidate.con) > allowed) return start; // not there
      return price(w.candidate);
    },
    start,
    decrease,
  );
  return hard ? { ...ray, alpha: 1 } : ray;
}

/** Whether a step is no more than {@link TINY} tolerances of the controls' sizes. */
function isTiny(
  { shape: { nu }, scales, defects }: SqpWorkspace,
  { dU }: Pick<QpSolution, "dU">,
  tol: number,
): boolean {
  return !defects.open && dU.every((d, i) => Math.abs(d) <= TINY * tol * scales.u[i % nu]);
}

/** Whether the iterate is a solution with the multipliers of the QP; then it has them, and `s` its residuals. */
function lackedMultipliers(w: SqpWorkspace, o: SqpOptions, s: SqpProgress): boolean {
  const { Y, dY } = w.duals;
  for (let i = 0; i < Y.length; i++) Y[i] += dY[i];
  stableAdjoint(w);
  const residuals = kktResiduals(w);
  if (residuals.kkt <= o.tol) {
    s.residuals = residuals;
    return true;
  }
  moveMultipliers(w, -1);
  return false;
}

/**
 * What follows when no step decreases the merit. The iterate may be a solution that only lacked its
 * multipliers; a QP with curvature may have led astray, then the next one does without.
 */
function afterRefusal(w: SqpWorkspace, o: SqpOptions, s: SqpProgress, curved: boolean): SqpStep["outcome"] {
  if (!s.elastic && lackedMultipliers(w, o, s)) return "converged";
  if (o.hessian === "auto" && s.damping.weight < MOST_REFUSED) {
    s.damping.weight = Math.max(LEAST_DAMPING, 10 * s.damping.weight);
    return "stepped";
  }
  if (curved && o.hessian !== "auto") {
    s.withoutCurvature = true;
    return "stepped";
  }
  if (!s.elastic) return "stalled";
  if (s.hardWeight >= o.maxHardWeight) return "infeasible";
  s.hardWeight = Math.min(10 * s.hardWeight, o.maxHardWeight);
  return "stepped";
}
