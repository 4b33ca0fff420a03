import { largestMagnitude } from "../linalg/index.ts";
import {
  type ConstraintAt,
  checkInitialState,
  constraintPenalties,
  constraintsAlong,
  costTerms,
  hasRounding,
  hasRunAway,
  isFiniteVec,
  isGrowing,
  noteLargest,
  noteSizes,
  type Ocp,
  startRunaway,
  totalCost,
  type Vec,
  validateOcp,
  violationOf,
  withoutRounding,
} from "../ocp/index.ts";
import { stableAdjoint } from "./adjoint.ts";
import { largestViolation } from "./constraints.ts";
import { closeDefects, defectShare, largestDefect } from "./defects.ts";
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
import { type SqpProgress, sqpStep, startProgress } from "./sqp-step.ts";
import { describeSqpStatus, type SqpStatus } from "./status.ts";
import { type Iterate, qpSolverOf, type SqpWorkspace, workspaceFor } from "./workspace.ts";

/** Outcome of a solve; plain data, copies. */
export type SqpResult = {
  readonly status: SqpStatus;
  /** What the status means and what to try next. */
  readonly message: string;
  /** (N + 1, nx) */
  readonly X: Vec;
  /** (N, nu) */
  readonly U: Vec;
  /** J of the trajectory. */
  readonly cost: number;
  /** J plus the penalties of violated soft constraints. */
  readonly merit: number;
  /** Number of QPs solved. */
  readonly iterations: number;
  /** Row 0 is the guess, the last row the result. */
  readonly history: readonly SqpIteration[];
  readonly residuals: SqpResiduals;
  /** Largest violation of any constraint, soft ones too. */
  readonly violation: number;
  /**
   * Largest difference between a state and what the dynamics make of the one before: zero, but where a solve with
   * `entry: "defects"` ended before the gaps of its guess were closed, and never where it is "converged".
   */
  readonly defect: number;
  /** Hard constraints that are violated where the problem is `infeasible`, the worst first; none elsewhere. */
  readonly conflict: readonly ConstraintAt[];
  /** Whether a soft constraint is violated by more than the tolerance's share of its size. */
  readonly slackInUse: boolean;
  /**
   * (m) multipliers by stage, those of k = 1..N of [rows | state - lower | upper - state], of k = 0 of the rows there;
   * >= 0 but those of equalities. A later guess may bring them.
   */
  readonly multipliers: Vec;
  /** (N, nu, nx) gains of the time-varying LQR around the result, to track it with; zero where it is not finite. */
  readonly K: Vec;
  /** Milliseconds by part; zero without a clock. */
  readonly ms: {
    readonly linearize: number;
    readonly qp: number;
    readonly lineSearch: number;
    readonly total: number;
  };
};

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

function run(
  given: Ocp,
  w: SqpWorkspace,
  x0: Vec,
  guess: SqpGuess | Vec | undefined,
  o: SqpOptions,
): SqpResult {
  let ocp = given;
  const clock = o.clock ?? (() => 0);
  const started = clock();
  const solver = qpSolverOf(w, o.createQpSolver, o.hessian === "auto" ? Math.min(o.tol, HELD_TOL) : o.tol);
  clear(ocp, w);
  const history: SqpIteration[] = [];
  const late = (): boolean => o.clock !== undefined && clock() - started >= o.deadline;
  const s = startProgress(o, late);
  let growth = startRunaway(w.shape.nu);
  let led: Led = { alpha: 1, qpIterations: 0, gains: o.gains };
  const entered = isFiniteVec(x0) && enterGuess(ocp, w, x0, guess, o.entry);
  const recovery = startRecovery(w);
  const finish = (ended: SqpStatus): SqpResult =>
    report(ocp, w, s, history, endOf(ocp, w, s, o, recovery, history, led, ended), o.tol, clock() - started);
  const beginSteps = (): void => {
    Object.assign(s, { ...startProgress(o, late), ms: s.ms, steps: s.steps });
    growth = startRunaway(w.shape.nu);
  };
  const recovered = (): boolean => {
    if (late() || !recover(ocp, w, x0, recovery, o, started + o.deadline)) return false;
    beginSteps();
    return true;
  };
  /** Whether the derivatives at the start were rounding, in part: then the solve begins once more without that. */
  const cleaned = (start: Iterate): boolean => {
    if (ocp !== given || late() || !hasRounding(given, start)) return false;
    ocp = withoutRounding(given);
    clear(ocp, w);
    enterGuess(ocp, w, x0, guess, o.entry);
    beginSteps();
    return true;
  };
  if (!entered) return finish("nonFinite");
  let told = true;
  for (let iteration = 0; ; iteration++) {
    const t0 = clock();
    if (iteration > 0) noteLargest(w.scales.most, w.current.U);
    s.residuals = assess(ocp, w, o);
    s.ms.linearize += clock() - t0;
    const row = rowOf(ocp, w, s, iteration, led);
    if (!Number.isFinite(row.kkt + row.cost)) {
      if (recovery.attempts === 0 || !recovered()) return finish("nonFinite");
      iteration--; // no QP was solved
      continue;
    }
    history.push(row);
    const answer = o.onIteration?.(row, w.current.X, w.current.U);
    // A step that is worth no more than rounding is no end of growth.
    if (told) noteSizes(growth, w.current.U);
    s.growing = isGrowing(growth);
    const over = answer === "stop" || iteration >= o.maxIterations;
    const met = s.residuals.kkt <= o.tol && !promisesMore(ocp, w);
    if ((met || over) && hasRunAway(growth)) return finish("unbounded");
    if (met) {
      const way = s.damping.whole ? "none" : leaveSaddle(ocp, w, o.tol, late);
      if (way === "none" && iteration === 0 && cleaned(w.current)) continue;
      if (way !== "left") return finish(way === "none" ? "converged" : way);
      led = { alpha: 1, qpIterations: 0, gains: o.gains };
      if (!over && !late()) continue;
      // Nothing is left to judge the new point with: the one that the residuals are of is returned.
      [w.current, w.candidate] = [w.candidate, w.current];
    }
    if (over || late()) return finish(over ? "maxIterations" : "deadline");
    const far = missedShare(w) > DOUBTFUL;
    const { outcome, alpha, qpIterations, gains, ...step } = sqpStep(ocp, w, solver, o, s);
    told = step.told;
    led = { alpha, qpIterations, gains };
    const doubtful = far || outcome !== "stepped" || s.elastic || alpha < DOUBTFUL;
    if (iteration === 0 && doubtful && cleaned(alpha > 0 ? w.candidate : w.current)) continue;
    // What far away asked for a large penalty may be over: the next step asks anew.
    if (iteration < FORGETTING) for (let k = 0; k < w.merit.rho.length; k++) w.merit.rho[k] *= FORGET;
    if (outcome === "stepped" || outcome === "converged") continue;
    const stuck = outcome === "infeasible" || outcome === "stalled";
    if (stuck && w.defects.open && closeDefects(ocp, w)) {
      Object.assign(s, { ...startProgress(o, late), ms: s.ms, steps: s.steps });
      continue;
    }
    if (stuck && recovered()) continue;
    history.push({ ...row, ...led, iteration: iteration + 1, kkt: s.residuals.kkt });
    return finish(stuck && late() ? "deadline" : outcome);
  }
}

/** How a run ended after all: at the end that came nearest to feasible, with the gains around it. @returns its status */
function endOf(
  ocp: Ocp,
  w: SqpWorkspace,
  s: SqpProgress,
  o: SqpOptions,
  recovery: Recovery,
  history: SqpIteration[],
  led: Led,
  ended: SqpStatus,
): SqpStatus {
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

/** Hard constraints that are violated, the worst first. */
function conflictOf(ocp: Ocp, { current, duals, penalties }: SqpWorkspace): ConstraintAt[] {
  const hard = constraintsAlong(ocp, { ...current, multipliers: hardMarks(penalties.linear) });
  const all = constraintsAlong(ocp, { ...current, multipliers: duals.Y });
  const violated = all.filter(({ violation }, i) => hard[i].multiplier === 1 && violation > 0);
  return violated.sort((a, b) => b.violation - a.violation);
}

/** 1 where a constraint is hard. */
function hardMarks(linear: Vec): Vec {
  return linear.map((z) => (z === Infinity ? 1 : 0));
}

/** Whether a soft constraint is violated, by more than `tol` of what it changes by. */
function usesSlack(
  { shape, current: { con }, penalties: { linear }, scales: { c } }: SqpWorkspace,
  tol: number,
): boolean {
  return linear.some((z, at) => z < Infinity && violationOf(shape, at, con[at]) > tol * c[at]);
}

function nameWorst([worst]: readonly ConstraintAt[]): string {
  if (worst === undefined) return "";
  const { of, group, index, k, violation } = worst;
  const what = of === "row" ? `row ${index} of group ${group}` : `the ${of} bound of state ${index}`;
  return ` The worst is ${what} at stage ${k}, by ${violation.toPrecision(3)}.`;
}

function nameDefect(defect: number): string {
  if (defect === 0) return "";
  return ` Its states are not yet those that its controls lead to: they part by up to ${defect.toPrecision(3)}.`;
}

function report(
  ocp: Ocp,
  w: SqpWorkspace,
  s: SqpProgress,
  history: readonly SqpIteration[],
  status: SqpStatus,
  tol: number,
  total: number,
): SqpResult {
  const last = history.at(-1);
  const conflict = status === "infeasible" ? conflictOf(ocp, w) : [];
  const { shape, penalties } = w;
  const defect = largestDefect(w.defects);
  const { X, U, con } = w.current;
  const cost = last === undefined ? Number.NaN : totalCost(ocp, w.current);
  const violation = last === undefined ? Number.NaN : largestViolation(shape, con);
  return {
    status,
    message: describeSqpStatus(status) + nameWorst(conflict) + nameDefect(defect),
    X: X.slice(),
    U: U.slice(),
    cost,
    merit: last === undefined ? Number.NaN : cost + softPenalty(shape, con, penalties),
    iterations: last?.iteration ?? 0,
    history,
    residuals: s.residuals,
    violation,
    defect,
    conflict,
    slackInUse: last !== undefined && usesSlack(w, tol),
    multipliers: w.duals.Y.slice(),
    K: w.K.slice(),
    ms: { ...s.ms, total },
  };
}
