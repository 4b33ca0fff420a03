import { ConfigError } from "../base/index.ts";
import { type AlIlqrResult, DEFAULT_AL_ILQR_OPTIONS, solveAlIlqr } from "../ilqr/index.ts";
import { type Ocp, type Vec, validateOcp } from "../ocp/index.ts";
import type { SqpGuess } from "./guess.ts";
import { DEFAULT_SQP_OPTIONS, resolveSqpOptions, type SqpOptions } from "./options.ts";
import { missedShare } from "./recovery.ts";
import { solveSqp } from "./solve-sqp.ts";
import type { SqpResult } from "./sqp-result.ts";
import { describeSqpStatus, type SqpStatus } from "./status.ts";
import { type SqpWorkspace, workspaceFor } from "./workspace.ts";

/** Options of {@link solve}: those of SQP, `maxIterations` for each of its runs, a new beginning counted as one, `deadline` for all, and a budget. */
export type SolveOptions = SqpOptions & {
  /** Most QPs and iLQR steps of all runs together, an integer >= 0. */
  readonly budget: number;
};

/** Defaults; the legal ranges are at {@link SolveOptions}. */
export const DEFAULT_SOLVE_OPTIONS: SolveOptions = { ...DEFAULT_SQP_OPTIONS, budget: 2000 };

/** One solver's part in a {@link solve}. */
export type SolverRun = {
  readonly solver: "sqp" | "al-ilqr";
  readonly status: SqpStatus;
  /** QPs of SQP, steps of AL-iLQR. */
  readonly iterations: number;
};

/**
 * Outcome of {@link solve}: the SQP run that ended best, but for `iterations`, the sum of QPs and iLQR steps of all
 * runs (`solvers` has them apart), and `ms.total`, the time of all.
 */
export type SolveResult = SqpResult & {
  /** What ran, in this order. */
  readonly solvers: readonly SolverRun[];
};

/** Costs that differ by less than this share are those of one optimum. */
const SAME = 1e-3;
/** Another word than the one at hand is taken where hard constraints are violated by less than this share of before. */
const WORTH = 0.5;
/** How many times as often as one solve the last one begins anew before hard constraints are said to stay violated. */
const PATIENCE = 4;
const HANDED_OVER: readonly SqpStatus[] = ["stalled", "maxIterations", "infeasible", "nonFinite"];

/**
 * Solves any {@link Ocp}: by SQP from the guess, and where that ends `stalled`, `infeasible`, `nonFinite` or out of iterations, by
 * SQP with the other `entry` where the guess has states, by
 * AL-iLQR from the guess and from where SQP ended, each handed back to SQP with its multipliers to be finished, and at
 * last by SQP from zero controls, which may begin anew four times as often as `restarts` says, until one converges. The best feasible point is returned. A guess that leads to
 * numbers that are not finite with both entries is replaced by zero controls.
 *
 * @param x0 (nx) initial state
 * @param guess controls (N, nu), or states and controls, or nothing (zero controls)
 * @param workspace memory to reuse between solves of problems with the same sizes
 * @throws ShapeError, ConfigError for arguments that do not fit; numerical outcomes are statuses
 */
export function solve(
  ocp: Ocp,
  x0: Vec,
  guess?: SqpGuess | Vec,
  options?: Partial<SolveOptions>,
  workspace?: SqpWorkspace,
): SolveResult {
  const { budget = DEFAULT_SOLVE_OPTIONS.budget, ...own } = options ?? {};
  if (!(budget === Number.POSITIVE_INFINITY || (Number.isInteger(budget) && budget >= 0))) {
    throw new ConfigError(`budget is ${budget}, expected an integer >= 0`);
  }
  const o = resolveSqpOptions(own);
  validateOcp(ocp);
  const clock = o.clock ?? (() => 0);
  const started = clock();
  const until = started + o.deadline;
  const all: Runs = {
    ocp,
    x0,
    o,
    w: workspaceFor(ocp, workspace),
    until,
    left: budget,
    stopped: false,
    ran: [],
  };
  const { result } = bestOf(all, guess);
  // What was not tried for want of time may have been a way.
  const cut = HANDED_OVER.includes(result.status) && o.clock !== undefined && timeLeft(all) === 0;
  const iterations = all.ran.reduce((sum, run) => sum + run.iterations, 0);
  const ended = cut
    ? ({ status: "deadline", message: describeSqpStatus("deadline"), conflict: [] } as const)
    : {};
  return {
    ...result,
    ...ended,
    iterations,
    ms: { ...result.ms, total: clock() - started },
    solvers: all.ran,
  };
}

/** What the runs of one solve share. */
type Runs = {
  readonly ocp: Ocp;
  readonly x0: Vec;
  readonly o: SqpOptions;
  readonly w: SqpWorkspace;
  readonly until: number;
  /** What is left of the budget. */
  left: number;
  /** The caller said "stop". */
  stopped: boolean;
  readonly ran: SolverRun[];
};

/** A run of SQP. */
type Attempt = {
  readonly result: SqpResult;
  /** Largest violation of a hard constraint as a share of its size; NaN where numbers are not finite. */
  readonly missed: number;
};

function bestOf(all: Runs, guess: SqpGuess | Vec | undefined): Attempt {
  const { tol } = all.o;
  let start = guess;
  let best = bySqp(all, start);
  const lost = (): boolean => best.result.status === "nonFinite" && best.result.iterations === 0;
  const hasStates = !(start instanceof Float64Array) && start?.X !== undefined;
  if (hasStates && HANDED_OVER.includes(best.result.status) && !isOver(all)) {
    best = better(bySqp(all, start, all.o.entry === "project" ? "defects" : "project"), best, tol);
  }
  if (lost() && start !== undefined) {
    start = undefined;
    best = bySqp(all, start);
  }
  if (!HANDED_OVER.includes(best.result.status) || lost()) return best;
  // Every iterate is a rollout: its controls say all of it.
  for (const from of [start, best.result.U]) {
    if (isOver(all)) break;
    const { status, U, multipliers } = byAlIlqr(all, from);
    if (status === "nonFinite" || status === "unbounded") continue;
    const next = bySqp(all, { U, multipliers });
    if (next.result.status === "unbounded") return next;
    best = better(next, best, tol);
    if (hasConverged(best)) break;
  }
  if (!hasConverged(best) && (start !== undefined || all.o.restarts > 0) && !isOver(all))
    best = better(bySqp(all, undefined, all.o.entry, PATIENCE * all.o.restarts), best, tol);
  return best;
}

/** @param restarts none but in the last run: what begins anew may end far from a guess; each is a run of its own */
function bySqp(all: Runs, guess: SqpGuess | Vec | undefined, entry = all.o.entry, restarts = 0): Attempt {
  const { ocp, x0, o, w } = all;
  const result = solveSqp(
    ocp,
    x0,
    guess,
    {
      ...o,
      entry,
      restarts,
      maxIterations: Math.min(o.maxIterations * (1 + restarts), all.left),
      deadline: timeLeft(all),
      onIteration(row, X, U) {
        const answer = o.onIteration?.(row, X, U);
        if (answer === "stop") all.stopped = true;
        return answer;
      },
    },
    w,
  );
  note(all, "sqp", result);
  const missed = result.status === "nonFinite" ? Number.NaN : missedShare(w);
  return { result, missed };
}

function byAlIlqr(all: Runs, guess: SqpGuess | Vec | undefined): AlIlqrResult {
  const { ocp, x0, o } = all;
  const maxIterations = Math.min(DEFAULT_AL_ILQR_OPTIONS.maxIterations, all.left);
  const result = solveAlIlqr(ocp, x0, guess, {
    tol: o.tol,
    maxIterations,
    restarts: o.restarts,
    deadline: timeLeft(all),
    ...(o.clock === undefined ? {} : { clock: o.clock }),
  });
  note(all, "al-ilqr", result);
  return result;
}

function note(
  all: Runs,
  solver: SolverRun["solver"],
  { status, iterations }: Omit<SolverRun, "solver">,
): void {
  all.ran.push({ solver, status, iterations });
  all.left = Math.max(0, all.left - iterations);
}

function timeLeft({ o, until }: Runs): number {
  return o.clock === undefined ? o.deadline : Math.max(0, until - o.clock());
}

function isOver(all: Runs): boolean {
  return all.stopped || all.left === 0 || (all.o.clock !== undefined && timeLeft(all) === 0);
}

function hasConverged({ result }: Attempt): boolean {
  return result.status === "converged";
}

/** The feasible one, or the cheaper; of one optimum, the one that converged; of infeasible ones the nearer. */
function better(a: Attempt, b: Attempt, tol: number): Attempt {
  const [p, q] = [a.result, b.result];
  if (p.status === "nonFinite") return b;
  if (q.status === "nonFinite") return a;
  const feasible = a.missed <= tol;
  if (feasible !== b.missed <= tol) return feasible ? a : b;
  if (!feasible) return a.missed < (p.status === q.status ? b.missed : WORTH * b.missed) ? a : b;
  const same = Math.abs(p.merit - q.merit) <= SAME * Math.max(Math.abs(p.merit), Math.abs(q.merit));
  if (same && hasConverged(a) !== hasConverged(b)) return hasConverged(a) ? a : b;
  return p.merit < q.merit ? a : b;
}
