import { largestMagnitude } from "../linalg/index.ts";
import {
  checkInitialState,
  constraintPenalties,
  costTerms,
  hasRounding,
  hasRunAway,
  isFiniteVec,
  isGrowing,
  noteLargest,
  noteSizes,
  type Ocp,
  type Runaway,
  startRunaway,
  totalCost,
  type Vec,
  validateOcp,
  withoutRounding,
} from "../ocp/index.ts";
import type { QpSolver } from "../qp/index.ts";
import { stableAdjoint } from "./adjoint.ts";
import { largestViolation } from "./constraints.ts";
import { closeDefects, defectShare } from "./defects.ts";
import { computeGains } from "./gains.ts";
import { enterGuess, type SqpGuess } from "./guess.ts";
import { kktResiduals, promisedDecrease, type SqpResiduals } from "./kkt.ts";
import { leaveSaddle } from "./leave-saddle.ts";
import { linearize } from "./linearize.ts";
import { softPenalty } from "./merit.ts";
import { resolveSqpOptions, type SqpIteration, type SqpOptions } from "./options.ts";
import { quadratizeCost } from "./quadratize.ts";
import {
  lacksFeasibility,
  missedShare,
  type Recovery,
  recover,
  startRecovery,
  takeBest,
} from "./recovery.ts";
import { naturalSizes } from "./scales.ts";
import { report, type SqpResult } from "./sqp-result.ts";
import { type SqpProgress, sqpStep, startProgress } from "./sqp-step.ts";
import type { SqpStatus } from "./status.ts";
import { type Iterate, qpSolverOf, type SqpWorkspace, workspaceFor } from "./workspace.ts";

/**
 * Closed-loop sequential quadratic programming for any {@link Ocp} (arXiv 2109.07081); docs/solver.md tells it
 * as a paper. Every iterate is a rollout and so dynamically feasible (but with `entry: "defects"`, until its gaps are closed);
 * an iteration is one QP, and a perfect guess with its multipliers costs none.
 *
 * @param x0 (nx) initial state
 * @param guess controls (N, nu), or states and controls, or nothing (zero controls)
 * @param workspace memory to reuse between solves of problems with the same sizes
 * @throws ShapeError, ConfigError for arguments that do not fit; numerical outcomes are statuses
 */
export function solveSqp(
  ocp: Ocp,
  x0: Vec,
  guess?: SqpGuess | Vec,
  options?: Partial<SqpOptions>,
  workspace?: SqpWorkspace,
): SqpResult {
  const o = resolveSqpOptions(options);
  validateOcp(ocp);
  checkInitialState(ocp, x0);
  return run(ocp, workspaceFor(ocp, workspace), x0, guess, o);
}

/** What is held in a QP's objective asks for QPs this exact: with 1e-3, parking took 130 of them, and 24 so. */
const HELD_TOL = 1e-6;
/**
 * A gradient that promises so many times all that the trajectory costs is not small, whatever the terms that it is the sum of: on a
 * trajectory that is all but chaotic these are of any size.
 */
const FAR_MORE = 1e3;
/** Share of the merit's penalties that a step keeps, and for how many steps that goes on. */
const FORGET = 0.1;
const FORGETTING = 100;
/** A first step that goes less than this share of its way, or from where constraints are violated by more of their size, may have believed rounding. */
const DOUBTFUL = 0.1;
/** Ends at which no other iterate is asked for, and those that are `infeasible` where hard constraints stay violated. */
const SETTLED: readonly SqpStatus[] = ["converged", "unbounded"];
const NO_WAY: readonly SqpStatus[] = ["stalled", "nonFinite"];

/** A solve under way. */
type Run = {
  readonly given: Ocp;
  /** The given one, or that without what is rounding in its derivatives. */ ocp: Ocp;
  readonly w: SqpWorkspace;
  readonly x0: Vec;
  readonly guess: SqpGuess | Vec | undefined;
  readonly o: SqpOptions;
  readonly solver: QpSolver;
  readonly clock: () => number;
  readonly started: number;
  readonly late: () => boolean;
  readonly history: SqpIteration[];
  readonly recovery: Recovery;
  readonly s: SqpProgress;
  growth: Runaway;
  /** Steps since it began, or began anew. */
  since: number;
  led: Led;
  /** Whether the last step was worth more than rounding: one that was not is no end of growth. */ told: boolean;
};

/** No QP led to a guess. */
const ledNowhere = ({ gains }: SqpOptions): Led => ({ alpha: 1, qpIterations: 0, gains });

function run(
  given: Ocp,
  w: SqpWorkspace,
  x0: Vec,
  guess: SqpGuess | Vec | undefined,
  o: SqpOptions,
): SqpResult {
  const clock = o.clock ?? (() => 0);
  const started = clock();
  const late = (): boolean => o.clock !== undefined && clock() - started >= o.deadline;
  const solver = qpSolverOf(w, o.createQpSolver, o.hessian === "auto" ? Math.min(o.tol, HELD_TOL) : o.tol);
  clear(given, w);
  const s = startProgress(o, late);
  const growth = startRunaway(w.shape.nu);
  const entered = isFiniteVec(x0) && enterGuess(given, w, x0, guess, o.entry);
  const recovery = startRecovery(w);
  const timing = { clock, started, late };
  const state = { ocp: given, s, growth, since: 0, led: ledNowhere(o), told: true, history: [], recovery };
  const r: Run = { given, w, x0, guess, o, solver, ...timing, ...state };
  if (!entered) return finish(r, "nonFinite");
  for (let iteration = 0; ; iteration++) {
    const t0 = clock();
    if (iteration > 0) noteLargest(w.scales.most, w.current.U);
    s.residuals = assess(r.ocp, w, o);
    s.ms.linearize += clock() - t0;
    const row = rowOf(r.ocp, w, s, iteration, r.led);
    if (!Number.isFinite(row.kkt + row.cost)) {
      if (recovery.attempts === 0 || !recovered(r)) return finish(r, "nonFinite");
      iteration--; // no QP was solved
      continue;
    }
    r.history.push(row);
    const next = judge(r, row, iteration) ?? step(r, row, iteration);
    if (next !== "next") return finish(r, next);
  }
}

/** @returns how the solve ends at this iterate, "next" where it is left already, or undefined: a step is to be taken */
function judge(r: Run, row: SqpIteration, iteration: number): SqpStatus | "next" | undefined {
  const { w, o, s, late } = r;
  const answer = o.onIteration?.(row, w.current.X, w.current.U);
  if (r.told) noteSizes(r.growth, w.current.U);
  s.growing = isGrowing(r.growth);
  const over = answer === "stop" || iteration >= o.maxIterations;
  const met = s.residuals.kkt <= o.tol && !promisesMore(r.ocp, w);
  if ((met || over) && hasRunAway(r.growth)) return "unbounded";
  if (met) {
    const way = s.damping.whole ? "none" : leaveSaddle(r.ocp, w, o.tol, late);
    if (way === "none" && iteration === 0 && cleaned(r, w.current)) return "next";
    if (way !== "left") return way === "none" ? "converged" : way;
    r.led = ledNowhere(o);
    if (!over && !late()) return "next";
    // Nothing is left to judge the new point with: the one that the residuals are of is returned.
    [w.current, w.candidate] = [w.candidate, w.current];
  }
  if (over) return "maxIterations";
  return late() ? "deadline" : undefined;
}

/** Solves a QP and steps. @returns "next", or how the solve ends where there was no step to take */
function step(r: Run, row: SqpIteration, iteration: number): SqpStatus | "next" {
  const { w, o, s, late, solver } = r;
  const far = missedShare(w) > DOUBTFUL;
  const { outcome, alpha, qpIterations, gains, told } = sqpStep(r.ocp, w, solver, o, s);
  r.told = told;
  r.led = { alpha, qpIterations, gains };
  const doubtful = far || outcome !== "stepped" || s.elastic || alpha < DOUBTFUL;
  if (iteration === 0 && doubtful && cleaned(r, alpha > 0 ? w.candidate : w.current)) return "next";
  // What far away asked for a large penalty may be over: the next step asks anew.
  if (r.since++ < FORGETTING) for (let k = 0; k < w.merit.rho.length; k++) w.merit.rho[k] *= FORGET;
  if (outcome === "stepped" || outcome === "converged") return "next";
  const stuck = outcome === "infeasible" || outcome === "stalled";
  if (stuck && w.defects.open && closeDefects(r.ocp, w)) {
    resetProgress(r);
    return "next";
  }
  if (stuck && recovered(r)) return "next";
  r.history.push({ ...row, ...r.led, iteration: iteration + 1, kkt: s.residuals.kkt });
  return stuck && late() ? "deadline" : outcome;
}

/** Forgets what earlier steps said of later ones. */
function resetProgress(r: Run): void {
  const { w, o, s, late } = r;
  Object.assign(s, { ...startProgress(o, late), ms: s.ms, steps: s.steps });
  r.growth = startRunaway(w.shape.nu);
  r.since = 0;
}

function recovered(r: Run): boolean {
  const { w, x0, o, recovery, started, late } = r;
  if (late() || !recover(r.ocp, w, x0, recovery, o, started + o.deadline)) return false;
  resetProgress(r);
  return true;
}

/** Whether the derivatives at the start were rounding, in part: then the solve begins once more without that. */
function cleaned(r: Run, start: Iterate): boolean {
  const { given, w, x0, guess, o, late } = r;
  if (r.ocp !== given || late() || !hasRounding(given, start)) return false;
  r.ocp = withoutRounding(given);
  clear(r.ocp, w);
  enterGuess(r.ocp, w, x0, guess, o.entry);
  resetProgress(r);
  return true;
}

function finish(r: Run, ended: SqpStatus): SqpResult {
  const { ocp, w, s, o, history, clock, started } = r;
  return report(ocp, w, s, history, endOf(r, ended), o.tol, clock() - started);
}

/** How a run ended after all: at the end that came nearest to feasible, with the gains around it. @returns its status */
function endOf({ ocp, w, s, o, recovery, history, led }: Run, ended: SqpStatus): SqpStatus {
  const taken = !SETTLED.includes(ended) && takeBest(ocp, w, recovery, o.tol);
  if (taken) {
    s.residuals = assess(ocp, w, o);
    history.push(rowOf(ocp, w, s, history.at(-1)!.iteration, led));
  }
  const last = taken && ended === "nonFinite" ? "stalled" : ended;
  const status = NO_WAY.includes(last) && lacksFeasibility(w, recovery, o.tol) ? "infeasible" : last;
  if (status === "nonFinite") w.K.fill(0);
  else computeGains("stable", w);
  return status;
}

/** Forgets what an earlier solve left in its workspace. */
function clear(ocp: Ocp, w: SqpWorkspace): void {
  constraintPenalties(ocp, w.shape, w.penalties);
  w.merit.rho.fill(0);
  w.scales.most.fill(0);
  w.K.fill(0);
}

/** The step that led to an iterate. */
type Led = Pick<SqpIteration, "alpha" | "qpIterations" | "gains">;

/** A row of the history: the iterate that was assessed. */
function rowOf(ocp: Ocp, w: SqpWorkspace, s: SqpProgress, iteration: number, led: Led): SqpIteration {
  const cost = totalCost(ocp, w.current);
  return {
    iteration,
    cost,
    merit: cost + softPenalty(w.shape, w.current.con, w.penalties),
    violation: largestViolation(w.shape, w.current.con),
    kkt: s.residuals.kkt,
    ...led,
    penalty: largestMagnitude(w.merit.rho),
  };
}

/** All that is known of the iterate before a step; gaps that are next to none are closed. @returns its residuals */
function assess(ocp: Ocp, w: SqpWorkspace, o: SqpOptions): SqpResiduals {
  linearize(ocp, w.shape, w.current, w.qp);
  quadratizeCost(ocp, w, o.rFloor);
  naturalSizes(w);
  stableAdjoint(w);
  const residuals = kktResiduals(w);
  const closes = w.defects.open && defectShare(w) <= o.tol && closeDefects(ocp, w);
  return closes ? assess(ocp, w, o) : residuals;
}

/** Whether what is left of the gradient promises far more than all that the trajectory costs. */
function promisesMore(ocp: Ocp, w: SqpWorkspace): boolean {
  const terms = costTerms(ocp, w.current);
  return w.scales.slope && terms > 0 && promisedDecrease(w) > FAR_MORE * terms;
}
