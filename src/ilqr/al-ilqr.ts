import { checkLength } from "../base/index.ts";
import {
  checkInitialState,
  hasRounding,
  type Ocp,
  rollout,
  totalCost,
  type Vec,
  validateOcp,
  withoutRounding,
} from "../ocp/index.ts";
import { type AlIlqrOptions, resolveAlIlqrOptions } from "./al-options.ts";
import { type Augmented, augment } from "./augmented-ocp.ts";
import { beginAnew, leaveAugmented, startBeginnings, takeBest, weigh } from "./begin-anew.ts";
import { enterGuess, type IlqrGuess } from "./enter-guess.ts";
import { type Feasibility, updateMultipliers } from "./feasibility.ts";
import { copySolution, type IlqrSolution } from "./ilqr.ts";
import { type IlqrRun, iterate, late } from "./iterate.ts";
import { penaltySizes } from "./penalty-sizes.ts";
import type { IlqrStatus } from "./status.ts";
import { checkIlqrWorkspace, createIlqrWorkspace, type IlqrWorkspace } from "./workspace.ts";

/** Where a solve starts: controls, states, and multipliers in the layout of {@link AlIlqrResult}; zero where missing. */
export type AlIlqrGuess = IlqrGuess & { readonly multipliers?: Vec };

/** One row of the history: an outer iteration. */
export type AlIlqrIteration = {
  /** Number of steps so far. */
  readonly iterations: number;
  /** J, without penalties. */
  readonly cost: number;
  readonly stationarity: number;
  /** Largest violation of a hard constraint. */
  readonly violation: number;
  /** Largest change of a multiplier divided by rho: infeasibility and lack of complementarity. */
  readonly complementarity: number;
  /** Penalty of this outer iteration. */
  readonly rho: number;
};

/** Outcome of {@link solveAlIlqr}; plain data, copies. The gains K are those of the augmented problem. */
export type AlIlqrResult = IlqrSolution & {
  /** J plus the penalties of violated soft constraints. */
  readonly merit: number;
  readonly outerIterations: number;
  readonly history: readonly AlIlqrIteration[];
  readonly residuals: {
    readonly stationarity: number;
    /** Largest violation of a hard constraint. */
    readonly violation: number;
    readonly complementarity: number;
  };
  /** Largest violation of any constraint, soft ones too. */
  readonly violation: number;
  /** (m) multipliers, stacked as the constraints are (`ConstraintLayout`); `solveSqp` takes them too. */
  readonly multipliers: Vec;
};

/** Memory of {@link solveAlIlqr}. Tied to one problem; another of the same size costs one allocation. */
export type AlIlqrWorkspace = {
  readonly inner: IlqrWorkspace;
  augmented: { readonly ocp: Ocp; readonly of: Augmented };
};

/** Allocates the memory for the problem. */
export function createAlIlqrWorkspace(ocp: Ocp): AlIlqrWorkspace {
  return { inner: createIlqrWorkspace(ocp), augmented: { ocp, of: augment(ocp) } };
}

/**
 * Iterative LQR with control bounds, rows of every kind and state box, by an augmented Lagrangian: minimise over U
 * with multipliers lambda and penalty rho fixed, set `lambda <- y` (see `augmentedTerm`), raise
 * rho where the violation has not fallen to a quarter, repeat.
 *
 * Soft constraints are treated exactly, not smoothed away: each slack is minimised out in closed form, its
 * multiplier stays below `linear + quadratic * violation`, and at convergence the violation is paid
 * as the problem says, whatever rho is.
 *
 * Source: Howell, Jackson, Manchester, "ALTRO", IROS 2019, section III; the multiplier method with
 * slacks eliminated: Bertsekas, "Constrained Optimization and Lagrange Multiplier Methods", 1982.
 *
 * @param x0 (nx) initial state
 * @param guess controls (N, nu), or controls, states and multipliers; zero where missing
 * @param workspace memory to reuse between solves
 * @returns "infeasible" where rho has reached its cap and a hard constraint is still violated, from wherever it began anew
 * @throws ShapeError, ConfigError for arguments that do not fit; numerical outcomes are statuses
 */
export function solveAlIlqr(
  ocp: Ocp,
  x0: Vec,
  guess?: AlIlqrGuess | Vec,
  options?: Partial<AlIlqrOptions>,
  workspace?: AlIlqrWorkspace,
): AlIlqrResult {
  const o = resolveAlIlqrOptions(options);
  validateOcp(ocp);
  checkInitialState(ocp, x0);
  const w = workspace ?? createAlIlqrWorkspace(ocp);
  checkIlqrWorkspace(w.inner, ocp);
  if (w.augmented.ocp !== ocp) w.augmented = { ocp, of: augment(ocp) };
  enterGuess(ocp, w.inner, x0, guess);
  const clean = startsOnRounding(ocp, w.inner, x0) ? withoutRounding(ocp) : ocp;
  const a = clean === ocp ? w.augmented.of : augment(clean);
  enterMultipliers(a, guess instanceof Float64Array ? undefined : guess?.multipliers);
  a.full = o.hessian === "full";
  const s = outerLoop(clean, a, w.inner, x0, o);
  const cost = totalCost(ocp, w.inner.current);
  return {
    ...copySolution(w.inner, s.status, cost, s.iterations),
    merit: cost + s.paid,
    outerIterations: s.history.length,
    history: s.history,
    residuals: { stationarity: s.stationarity, violation: s.violation, complementarity: s.complementarity },
    violation: Math.max(s.violation, s.softViolation),
    multipliers: a.lambda.slice(),
  };
}

/** Whether derivatives are rounding in part where a solve begins. */
function startsOnRounding(ocp: Ocp, { current }: IlqrWorkspace, x0: Vec): boolean {
  return rollout(ocp, x0, current) && hasRounding(ocp, current);
}

/** Constraints that are violated by no more than so many tolerances are not out of reach: rounding keeps the steps from the rest. */
const NEARLY_MET = 100;

/** At the largest penalty, a violation that falls below this share of what it was is on its way, however slow. */
const FALLING = 0.99;

type OuterState = Feasibility & {
  status: IlqrStatus;
  stationarity: number;
  iterations: number;
  readonly history: AlIlqrIteration[];
};

function outerLoop(ocp: Ocp, a: Augmented, w: IlqrWorkspace, x0: Vec, o: AlIlqrOptions): OuterState {
  const stopAt = (o.clock?.() ?? 0) + o.deadline;
  const isLate = (): boolean => late(o, stopAt);
  const s: OuterState = {
    status: "maxIterations",
    stationarity: Number.NaN,
    violation: Number.NaN,
    softViolation: Number.NaN,
    complementarity: Number.NaN,
    paid: Number.NaN,
    missed: Number.NaN,
    share: Number.NaN,
    untrue: Number.NaN,
    shrunk: Number.NaN,
    iterations: 0,
    history: [],
  };
  let sizes = penaltySizes(ocp, a, w, x0);
  let rho = o.rhoInitial;
  let tol = Math.max(o.tol, o.tolInitial);
  let last = Number.POSITIVE_INFINITY;
  const beginnings = startBeginnings(w);
  for (;;) {
    const maxIterations = Math.min(o.maxInnerIterations, o.maxIterations - s.iterations);
    weigh(a, sizes, rho);
    w.violated = s.missed > o.constraintTol;
    const run = iterate(a.ocp, w, x0, { ...o, tol, maxIterations }, stopAt);
    s.iterations += run.iterations;
    s.stationarity = run.stationarity;
    // Where constraints pay too little to stop a fall, they may with a larger penalty.
    if (run.status === "unbounded" && rho < o.rhoMax && a.linear.includes(Number.POSITIVE_INFINITY)) {
      rho = Math.min(o.rhoMax, rho * o.rhoFactor);
      continue;
    }
    updateMultipliers(ocp, a, w, sizes.c, s);
    const { iterations, stationarity, violation, complementarity } = s;
    const cost = totalCost(ocp, w.current);
    s.history.push({ iterations, cost, stationarity, violation, complementarity, rho });
    const over = run.status === "nonFinite" || run.status === "deadline" || run.status === "unbounded";
    if (over) return end(s, run.status);
    const feasible = s.share <= o.constraintTol && s.untrue <= o.tol;
    const settled = isStationary(run, tol, o.tol);
    if (feasible && (settled || (tol <= o.tol && run.status === "stalled"))) {
      const way = leaveAugmented(a, w, isLate);
      if (way !== "left") return end(s, way === "none" ? (settled ? "converged" : "stalled") : way);
      const over = s.iterations >= o.maxIterations ? "maxIterations" : isLate() ? "deadline" : undefined;
      if (over !== undefined) {
        [w.current, w.next] = [w.next, w.current];
        return end(s, over);
      }
      s.iterations++;
    }
    const outOfSteps = s.iterations >= o.maxIterations || s.history.length >= o.maxOuterIterations;
    // An inner run cut short says little about the penalty.
    if (s.share > 0.25 * last && run.status !== "maxIterations") {
      if (rho >= o.rhoMax && s.missed > o.constraintTol && s.share > FALLING * last) {
        const anew = outOfSteps ? undefined : beginAnew(ocp, a, w, x0, sizes, s, o, isLate, beginnings);
        if (anew === undefined) {
          if (takeBest(ocp, a, w, x0, s.missed, beginnings)) {
            s.stationarity = iterate(a.ocp, w, x0, { ...o, tol, maxIterations: 0 }, stopAt).stationarity;
            updateMultipliers(ocp, a, w, sizes.c, s);
          }
          const open = s.iterations === 0 || s.missed <= NEARLY_MET * o.constraintTol;
          return end(s, isLate() ? "deadline" : open ? "stalled" : "infeasible");
        }
        ({ sizes, rho } = anew);
        s.iterations++;
        tol = Math.max(o.tol, o.tolInitial);
        last = Number.POSITIVE_INFINITY;
        continue;
      }
      rho = Math.min(o.rhoMax, rho * o.rhoFactor);
    }
    if (outOfSteps) return end(s, "maxIterations");
    last = s.share;
    tol = feasible ? o.tol : Math.max(o.tol, 0.1 * tol);
  }
}

function end(s: OuterState, status: IlqrStatus): OuterState {
  s.status = status;
  return s;
}

function isStationary(run: IlqrRun, tol: number, finalTol: number): boolean {
  return (run.status === "converged" && tol <= finalTol) || run.share <= finalTol;
}

function enterMultipliers(a: Augmented, given: Vec | undefined): void {
  if (given === undefined) {
    a.lambda.fill(0);
    return;
  }
  checkLength("multipliers", given.length, a.lambda.length, "m");
  for (let i = 0; i < given.length; i++) {
    const legal = Number.isFinite(given[i]) && (given[i] > 0 || a.layout.equal[i] === 1);
    a.lambda[i] = legal ? given[i] : 0;
  }
}
