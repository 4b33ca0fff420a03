import { createRng, hashSeed } from "../../base/index.ts";
import type { Vec } from "../../ocp/index.ts";
import { ZOO, type ZooName, type ZooProblem } from "../../zoo/index.ts";
import { type BenchRun, type MeasuredSpread, measuredSpread } from "../measures.ts";
import { isOptimal, judge } from "./judge.ts";
import { OCP_SOLVERS, type OcpAnswer, type OcpSolverName } from "./ocp-solvers.ts";

/** What `bench ocp` solves, and how often. */
export type BenchOcpOptions = BenchRun & {
  readonly problems: readonly ZooName[];
  readonly solvers: readonly OcpSolverName[];
  /** Starts beside the plain one, each with noise of its own on the guess. */
  readonly starts: number;
  readonly seed: number;
  /** Timed solves of each problem, solver and start; fewer where they take longer than `limit` together. */
  readonly repeats: number;
  /** Relative tolerance; each solver's default where missing. */
  readonly tol?: number;
  readonly maxIterations: number;
  /** The longest that a solve may take. [ms] */
  readonly limit: number;
};

/** A row of `bench ocp`. */
export type OcpRow = {
  readonly problem: ZooName;
  readonly solver: string;
  /** "plain", or "noise 1", "noise 2", ... */
  readonly start: string;
  /** The solver's word; "unsupported" where it does not take such a problem. */
  readonly status: string;
  readonly iterations: number;
  readonly objective: number;
  /** (objective - best) / |best|, of the best that is known. */
  readonly gap: number;
  /** Largest violation of any constraint, in its own unit. */
  readonly violation: number;
  /** What the independent check says, each a share; see `Verdict`. */
  readonly infeasibility: number;
  readonly stationarity: number;
  readonly complementarity: number;
  /** "converged", but the independent check says otherwise. */
  readonly false_converged: boolean;
  readonly ms: MeasuredSpread<"p50" | "p99"> & { readonly min: number };
  readonly solves: number;
};

/** How far the independent check may be from the conditions of an optimum where a solver says "converged". */
export const TRUST = 1e-2;

/** The solvers on the zoo, in turn on each problem and start; every answer is judged by `judge`. */
export function benchOcp(options: BenchOcpOptions): OcpRow[] {
  let done = 0;
  return options.problems.flatMap((name) => {
    const problem = ZOO[name]();
    const entries = options.solvers.map((solver) => ({
      solver,
      solve: OCP_SOLVERS[solver].prepare(problem.ocp),
    }));
    return Array.from({ length: 1 + options.starts }, (_, start) => {
      const guess = start === 0 ? problem.guess : noisyGuess(problem, hashSeed(options.seed, start));
      const label = start === 0 ? "plain" : `noise ${start}`;
      const trials = entries.map(({ solver, solve }) => ({
        solver,
        solve,
        times: [] as number[],
        answer: NO_ANSWER,
      }));
      for (let round = 0; round <= options.repeats; round++) {
        for (const trial of trials) {
          options.signal?.throwIfAborted();
          if (round > 0 && sum(trial.times) > options.limit) continue;
          const began = options.clock();
          trial.answer =
            trial.solve?.(problem.x0, guess, {
              ...(options.tol === undefined ? {} : { tol: options.tol }),
              maxIterations: options.maxIterations,
              deadline: options.limit,
              clock: options.clock,
            }) ?? NO_ANSWER;
          const ms = options.clock() - began;
          // The first of several is for the compiler alone.
          if (round === 1) trial.times.length = 0;
          trial.times.push(ms);
          if (round === 0) options.onProgress?.(++done);
        }
      }
      return trials.map(({ solver, answer, times }) => ocpRow(name, problem, solver, label, answer, times));
    }).flat();
  });
}

const NO_ANSWER: OcpAnswer = {
  status: "unsupported",
  iterations: 0,
  X: new Float64Array(0),
  U: new Float64Array(0),
};

const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);

/** The plain guess with normal noise on every control. */
export function noisyGuess({ guess, noise }: Pick<ZooProblem, "guess" | "noise">, seed: number): Vec {
  const rng = createRng(seed);
  return guess.map((u, i) => u + noise[i % noise.length] * rng.gauss());
}

/** Judges an answer. */
export function ocpRow(
  name: ZooName,
  { ocp, x0, best }: ZooProblem,
  solver: string,
  start: string,
  { status, iterations, X, U }: OcpAnswer,
  times: readonly number[],
): OcpRow {
  const row = { problem: name, solver, start, status, iterations };
  const ms = { min: Math.min(...times), ...measuredSpread(times, ["p50", "p99"], 3) };
  if (U.length === 0) return { ...row, ...UNJUDGED, ms, solves: 0 };
  const verdict = judge(ocp, x0, U, X);
  const { cost, violation, infeasibility, stationarity, complementarity } = verdict;
  return {
    ...row,
    objective: cost,
    gap: (cost - best.cost) / Math.abs(best.cost),
    violation,
    infeasibility,
    stationarity,
    complementarity,
    false_converged: status === "converged" && !isOptimal(verdict, TRUST),
    ms,
    solves: times.length,
  };
}

const UNJUDGED = {
  objective: Number.NaN,
  gap: Number.NaN,
  violation: Number.NaN,
  infeasibility: Number.NaN,
  stationarity: Number.NaN,
  complementarity: Number.NaN,
  false_converged: false,
};
