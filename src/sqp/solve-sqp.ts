import { checkInitialState, isFiniteVec, type Ocp, totalCost, type Vec, validateOcp } from "../ocp/index.ts";
import type { QpSolution, QpSolver } from "../qp/index.ts";
import { linearize, quadratize, setPenalties } from "./build-qp.ts";
import { closedLoopRollout } from "./closed-loop-rollout.ts";
import { constraintPenalties, evaluateConstraints, largestViolation } from "./constraints.ts";
import { computeGains } from "./gains.ts";
import { enterGuess, type SqpGuess } from "./guess.ts";
import { kktResiduals, type SqpResiduals } from "./kkt.ts";
import { lineSearch } from "./line-search.ts";
import { type MeritTerms, merit, meritSlope, resetSlacks, softPenalty } from "./merit.ts";
import { type GainKind, resolveSqpOptions, type SqpIteration, type SqpOptions } from "./options.ts";
import { describeSqpStatus, type SqpStatus } from "./status.ts";
import { qpSolverOf, type SqpWorkspace, workspaceFor } from "./workspace.ts";

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
  /** Whether a soft constraint is violated by more than 1e-6. */
  readonly slackInUse: boolean;
  /** (N + 1, m) multipliers of [rows | state - lower | upper - state]; a later guess may bring them. */
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
 * Closed-loop sequential quadratic programming for any {@link Ocp} (arXiv 2109.07081; MATH section 2).
 * Every iterate is a rollout and so dynamically feasible; an iteration is one QP, and a perfect guess
 * with its multipliers costs none.
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

type State = {
  readonly history: SqpIteration[];
  residuals: SqpResiduals;
  hardWeight: number;
  /** The last QP's curvature led nowhere: the next one does without. */
  withoutCurvature: boolean;
  /** The last QP could not meet the linearized hard rows, at the largest weight. */
  elastic: boolean;
  /** QPs in a row that saw no way to lessen the violation of the hard rows. */
  hopeless: number;
  linearizeMs: number;
  qpMs: number;
  searchMs: number;
};

/** Linearized hard rows whose violations add up to no more than this share of the tolerance can be met. */
const FEASIBLE = 0.1;
/** A step that leaves more than this share of the violation does not help against it ... */
const HOPE = 0.999;
/** ... and after so many such QPs in a row, at the largest weight, the rows are said to be infeasible. */
const HOPELESS = 2;

/** How far one trial of the line search may cut the last: interpolation is misled by the kinks of soft rows. */
const SMOOTH_SHRINK = 0.1;
const KINKED_SHRINK = 0.5;

const NO_RESIDUALS: SqpResiduals = {
  primal: Number.NaN,
  stationarity: Number.NaN,
  complementarity: Number.NaN,
  kkt: Number.NaN,
};

function run(
  ocp: Ocp,
  w: SqpWorkspace,
  x0: Vec,
  guess: SqpGuess | Vec | undefined,
  o: SqpOptions,
): SqpResult {
  const clock = o.clock ?? (() => 0);
  const started = clock();
  const terms: MeritTerms = constraintPenalties(ocp);
  const solver = qpSolverOf(w, o.createQpSolver, o.tol);
  const s: State = {
    history: [],
    residuals: NO_RESIDUALS,
    hardWeight: o.hardWeight,
    withoutCurvature: false,
    elastic: false,
    hopeless: 0,
    linearizeMs: 0,
    qpMs: 0,
    searchMs: 0,
  };
  w.rho.fill(0);
  w.K.fill(0);
  const finish = (status: SqpStatus): SqpResult => {
    if (status === "nonFinite") {
      w.K.fill(0);
    } else {
      quadratize(ocp, w, "gaussNewton", o.rFloor);
      computeGains("stable", w);
    }
    return report(ocp, w, s, terms, status, clock() - started);
  };
  if (!isFiniteVec(x0) || !enterGuess(ocp, w, x0, guess)) return finish("nonFinite");
  let alpha = 1;
  let qpIterations = 0;
  let gains: GainKind = o.gains;
  for (let iteration = 0; ; iteration++) {
    const t0 = clock();
    linearize(ocp, w);
    s.residuals = kktResiduals(ocp, w, w.Y, terms.rows, terms.box);
    s.linearizeMs += clock() - t0;
    const cost = totalCost(ocp, w.current);
    if (!Number.isFinite(s.residuals.kkt + cost)) return finish("nonFinite");
    const row: SqpIteration = {
      iteration,
      cost,
      merit: cost + softPenalty(w, w.con, terms),
      violation: largestViolation(w.con, w.m),
      kkt: s.residuals.kkt,
      alpha,
      qpIterations,
      gains,
      penalty: maximum(w.rho),
    };
    s.history.push(row);
    const answer = o.onIteration?.(row, w.current.X, w.current.U);
    if (s.residuals.kkt <= o.tol) return finish("converged");
    if (answer === "stop" || iteration >= o.maxIterations) return finish("maxIterations");
    if (o.clock !== undefined && clock() - started >= o.deadline) return finish("deadline");
    const step = iterate(ocp, w, solver, o, terms, s, clock);
    if (step.outcome !== "stepped") {
      const { outcome: _, ...last } = step;
      s.history.push({ ...row, ...last, iteration: iteration + 1, kkt: s.residuals.kkt });
      return finish(step.outcome);
    }
    alpha = step.alpha;
    qpIterations = step.qpIterations;
    gains = step.gains;
  }
}

type Step = {
  readonly outcome: "stepped" | "converged" | "stalled" | "infeasible" | "nonFinite";
  readonly alpha: number;
  readonly qpIterations: number;
  readonly gains: GainKind;
};

/** One QP and its line search; leaves the accepted iterate in `w.current` and its multipliers in `w.Y`. */
function iterate(
  ocp: Ocp,
  w: SqpWorkspace,
  solver: QpSolver,
  o: SqpOptions,
  terms: MeritTerms,
  s: State,
  clock: () => number,
): Step {
  const t0 = clock();
  const curved = quadratize(ocp, w, s.withoutCurvature ? "gaussNewton" : o.hessian, o.rFloor);
  const t1 = clock();
  s.linearizeMs += t1 - t0;
  const solution = solveElastic(w, solver, o, terms, s);
  const t2 = clock();
  s.qpMs += t2 - t1;
  const without = (outcome: Step["outcome"]): Step => ({
    outcome,
    alpha: 0,
    qpIterations: solution.iterations,
    gains: o.gains,
  });
  if (solution.status === "nonFinite") return without("nonFinite");
  if (s.hopeless >= HOPELESS) return without("infeasible");
  gatherMultiplierStep(w, solution);
  resetSlacks(w);
  const measure = s.elastic ? elasticTerms(terms, s.hardWeight) : terms;
  const slope = meritSlope(w, solution, measure);
  const phi0 = merit(ocp, w, w.current, w.con, 0, measure);
  const shrink = measure.rows.hard && measure.box.hard ? SMOOTH_SHRINK : KINKED_SHRINK;
  let found = { accepted: false, alpha: 0 };
  let gains: GainKind = o.gains;
  for (const kind of o.gains === "open" || o.gains === "stable" ? [o.gains] : [o.gains, "stable" as const]) {
    gains = kind;
    computeGains(kind, w, o.barrier, solution);
    const phi = (alpha: number): number => {
      if (!closedLoopRollout(ocp, w, alpha, solution.dX, solution.dU, kind !== "open")) return Number.NaN;
      evaluateConstraints(ocp, w.candidate, w, w.conCandidate, w.conCandidateStages);
      return merit(ocp, w, w.candidate, w.conCandidate, alpha, measure);
    };
    found = lineSearch(phi, phi0, slope, o.armijo, o.maxTrials, shrink);
    if (found.accepted) break;
  }
  s.searchMs += clock() - t2;
  if (!found.accepted) return without(afterRefusal(ocp, w, o, terms, s, curved));
  s.withoutCurvature = false;
  // The multipliers of an elastic QP are its weights and say nothing about the problem.
  for (let i = 0; i < w.Y.length; i++) w.Y[i] = s.elastic ? 0 : Math.max(0, w.Y[i] + found.alpha * w.dY[i]);
  [w.current, w.candidate] = [w.candidate, w.current];
  return { outcome: "stepped", alpha: found.alpha, qpIterations: solution.iterations, gains };
}

/**
 * What follows when no step decreases the merit. The iterate may be a solution that only lacked its
 * multipliers; a QP with curvature may have led astray, then the next one does without.
 */
function afterRefusal(
  ocp: Ocp,
  w: SqpWorkspace,
  o: SqpOptions,
  terms: MeritTerms,
  s: State,
  curved: boolean,
): Step["outcome"] {
  const { Y, dY } = w;
  if (!s.elastic) {
    for (let i = 0; i < Y.length; i++) Y[i] += dY[i];
    const residuals = kktResiduals(ocp, w, Y, terms.rows, terms.box);
    if (residuals.kkt <= o.tol) {
      s.residuals = residuals;
      return "converged";
    }
    for (let i = 0; i < Y.length; i++) Y[i] = Math.max(0, Y[i] - dY[i]);
  }
  if (curved) {
    s.withoutCurvature = true;
    return "stepped";
  }
  return s.residuals.primal > o.tol && s.hardWeight >= o.maxHardWeight ? "infeasible" : "stalled";
}

/**
 * Solves the QP with hard rows as soft ones of a large weight; where the QP leaves such a row violated,
 * the weight goes up tenfold, so that a solution that satisfies the linearized rows is found if one exists.
 */
function solveElastic(
  w: SqpWorkspace,
  solver: QpSolver,
  o: SqpOptions,
  terms: MeritTerms,
  s: State,
): QpSolution {
  for (;;) {
    setPenalties(w, terms.rows, terms.box, s.hardWeight);
    const solution = solver.solve(w.qp, o.warmQp && s.history.length > 1 ? { warm: true } : undefined);
    const slack = hardSlack(w, terms, solution.dX);
    const violated = solution.status === "solved" && slack > FEASIBLE * o.tol;
    s.elastic = violated && s.hardWeight >= o.maxHardWeight;
    s.hopeless = s.elastic && slack > HOPE * hardSlack(w, terms) ? s.hopeless + 1 : 0;
    if (s.elastic || !violated) return solution;
    s.hardWeight = Math.min(10 * s.hardWeight, o.maxHardWeight);
  }
}

/**
 * The merit of a step that cannot meet the linearized hard rows takes them as the QP does, as soft ones
 * of its weight: multipliers of that size would make the augmented Lagrangian refuse every step.
 */
function elasticTerms(terms: MeritTerms, weight: number): MeritTerms {
  const soft = { hard: false, linear: weight, quadratic: weight };
  return { rows: terms.rows.hard ? soft : terms.rows, box: terms.box.hard ? soft : terms.box };
}

/** Sum of the violations of the linearized hard constraints at the QP's step dX (N + 1, nx), or without one. */
function hardSlack(w: SqpWorkspace, terms: MeritTerms, dX?: Vec): number {
  const { N, nx, nc, nb, qp, shape } = w;
  let sum = 0;
  for (let k = 1; k <= N; k++) {
    if (terms.rows.hard) {
      for (let i = 0; i < nc; i++) {
        let c = qp.c[k * nc + i];
        if (dX !== undefined) for (let j = 0; j < nx; j++) c += qp.C[(k * nc + i) * nx + j] * dX[k * nx + j];
        sum += Math.max(0, -c);
      }
    }
    if (terms.box.hard) {
      for (let j = 0; j < nb; j++) {
        const dx = dX === undefined ? 0 : dX[k * nx + shape.boxIndex[j]];
        sum += Math.max(0, qp.xLower[k * nb + j] - dx, dx - qp.xUpper[k * nb + j]);
      }
    }
  }
  return sum;
}

function gatherMultiplierStep(w: SqpWorkspace, solution: QpSolution): void {
  const { N, nc, nb, m, Y, dY } = w;
  const { rows, xLower, xUpper } = solution.multipliers;
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < nc; i++) dY[k * m + i] = rows[k * nc + i] - Y[k * m + i];
    for (let j = 0; j < nb; j++) {
      const lower = k * m + nc + j;
      dY[lower] = xLower[k * nb + j] - Y[lower];
      dY[lower + nb] = xUpper[k * nb + j] - Y[lower + nb];
    }
  }
}

function maximum(v: Vec): number {
  let best = 0;
  for (let i = 0; i < v.length; i++) if (v[i] > best) best = v[i];
  return best;
}

function report(
  ocp: Ocp,
  w: SqpWorkspace,
  s: State,
  terms: MeritTerms,
  status: SqpStatus,
  total: number,
): SqpResult {
  const last = s.history[s.history.length - 1];
  const cost = last === undefined ? Number.NaN : totalCost(ocp, w.current);
  const violation = last === undefined ? Number.NaN : largestViolation(w.con, w.m);
  const soft = !terms.rows.hard || !terms.box.hard;
  return {
    status,
    message: describeSqpStatus(status),
    X: w.current.X.slice(),
    U: w.current.U.slice(),
    cost,
    merit: last === undefined ? Number.NaN : cost + softPenalty(w, w.con, terms),
    iterations: last?.iteration ?? 0,
    history: s.history,
    residuals: s.residuals,
    violation,
    slackInUse: soft && violation > 1e-6,
    multipliers: w.Y.slice(),
    K: w.K.slice(),
    ms: { linearize: s.linearizeMs, qp: s.qpMs, lineSearch: s.searchMs, total },
  };
}
