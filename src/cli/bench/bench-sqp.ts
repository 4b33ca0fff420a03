import { setImmediate } from "node:timers/promises";
import {
  createTrajectoryPlanner,
  type Plan,
  type SolveReport,
  straightStart,
  WARM_STARTS,
  type WarmStart,
} from "../../planner/index.ts";
import type { Robot } from "../../sim/index.ts";
import { createRiccatiIpm, type QpShape, type QpSolver, type SqpOptions } from "../../sqp/index.ts";
import {
  BENCH_CAP,
  BENCH_TOLERANCES,
  costGap,
  GOOD,
  type SqpRow,
  type SqpTrial,
  summarizeTrials,
} from "./sqp-rows.ts";
import type { BenchScene } from "./sqp-scenes.ts";

/** The best known optimum is looked for from every start, to this tolerance or for this many QPs. */
export const REFERENCE = { tol: 1e-5, maxIterations: 60 } as const;
/** Scenes gone through once, untimed, before the first that counts. */
const WARM_UP_SCENES = 8;

/** A baseline: drive straight at the local goal, whatever is in between. */
const straight: WarmStart = {
  name: "straight",
  choice: "merit",
  candidates: ({ scene, problem }) => [{ name: "straight", guess: straightStart(problem, scene) }],
};

/** What is compared by default: the straight line as a baseline, and the warm starts of the house. */
export const BENCH_STARTS: readonly WarmStart[] = [straight, ...WARM_STARTS.values()];

export type BenchSqpOptions = {
  readonly scenes: readonly BenchScene[];
  readonly robot: Robot;
  readonly starts?: readonly WarmStart[];
  /** The solver under test, for ablations; it looks for the optimum too. */
  readonly sqp?: Partial<Pick<SqpOptions, "hessian" | "gains">>;
  /** Monotonic clock. [ms] */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  /** Is told the number of scenes done. */
  readonly onProgress?: (scenes: number) => void;
};

export type BenchSqpResult = {
  /** One for every kind of scene and every warm start. */
  readonly rows: readonly SqpRow[];
  /** How sure the best known optima are. */
  readonly reference: {
    readonly tol: number;
    readonly max_iterations: number;
    /** Share of the scenes whose optimum was reached to the tolerance. */
    readonly converged: number;
    /** Share of the scenes whose optimum violates a constraint by 2 cm or more: no plan is good there. */
    readonly violating: number;
  };
};

/**
 * Compares warm starts on the same scenes, with the planner's own code. For every scene and start:
 *
 * - QPs to a relative KKT tolerance of 1e-2 and 1e-3, at most 10, along the way that is kept: `best` solves a
 *   QP from each candidate and goes on from the better, and these count once;
 * - the plan after exactly one QP beside the best known optimum of the scene, the solution of least merit
 *   (cost and penalties) that any of the starts leads to. The gap is between costs without penalties: a plan
 *   that cuts a corner may have a negative one, and its violation tells;
 * - times of the solve to 1e-2: the guess, one iteration, and both together with all iterations, which for
 *   `best` include the QPs it dropped. The distance field and the safety check are the same for all, and out.
 *
 * The starts take turns within a scene, each scene begins with another. Same scenes, same result but for times.
 */
export async function benchSqp(options: BenchSqpOptions): Promise<BenchSqpResult> {
  const { scenes, signal, onProgress } = options;
  const benches = (options.starts ?? BENCH_STARTS).map((start) => createBench(start, options));
  for (const scene of scenes.slice(0, WARM_UP_SCENES)) for (const bench of benches) await bench.solve(scene);
  const trials: SqpTrial[] = [];
  let converged = 0;
  let violating = 0;
  for (const [index, scene] of scenes.entries()) {
    signal?.throwIfAborted();
    const outcomes: Outcome[] = new Array(benches.length);
    for (let turn = 0; turn < benches.length; turn++) {
      const at = (index + turn) % benches.length;
      outcomes[at] = await benches[at].solve(scene);
    }
    const optimum = leastMerit(outcomes.map((outcome) => outcome.atEnd));
    if (optimum.status === "converged") converged++;
    if (!(optimum.violation < GOOD.violation)) violating++;
    for (const [at, { qps, afterOne, ms }] of outcomes.entries()) {
      const gap = costGap(afterOne.cost, optimum.cost);
      const { violation } = afterOne;
      trials.push({ kind: scene.kind, init: benches[at].name, qps, costGap: gap, violation, ms });
    }
    onProgress?.(index + 1);
    await setImmediate(); // so that Ctrl-C is heard
  }
  const share = (count: number): number => Number((count / Math.max(1, scenes.length)).toFixed(4));
  return {
    rows: summarizeTrials(trials),
    reference: {
      tol: REFERENCE.tol,
      max_iterations: REFERENCE.maxIterations,
      converged: share(converged),
      violating: share(violating),
    },
  };
}

/** What one start gives on one scene. */
type Outcome = Pick<SqpTrial, "qps" | "ms"> & {
  readonly afterOne: { readonly cost: number; readonly violation: number };
  /** Where it leads to. */
  readonly atEnd: SolveReport;
};

/** Solves scenes from one warm start. */
function createBench(
  start: WarmStart,
  { robot, sqp, clock }: BenchSqpOptions,
): { readonly name: string; solve(scene: BenchScene): Promise<Outcome> } {
  let lastPlan: Plan | undefined;
  let solved = 0;
  const warmStart: WarmStart = { ...start, candidates: (input) => start.candidates({ ...input, lastPlan }) };
  const createQpSolver = (shape: QpShape): QpSolver => {
    const { name, solve } = createRiccatiIpm(shape);
    const counted: QpSolver["solve"] = (qp, how) => {
      solved++;
      return solve(qp, how);
    };
    return { name, solve: counted };
  };
  const plannerTo = (tol: number, maxIterations: number) =>
    createTrajectoryPlanner({
      robot,
      warmStart,
      maxIterations,
      tol,
      sqp: { ...sqp, createQpSolver },
      clock,
    });
  const capped = BENCH_TOLERANCES.map((tol) => ({ tol, planner: plannerTo(Number(tol), BENCH_CAP) }));
  const unhurried = plannerTo(REFERENCE.tol, REFERENCE.maxIterations);

  return {
    name: start.name,
    async solve(scene) {
      lastPlan = scene.lastPlan;
      const runs = [];
      for (const { tol, planner } of capped) {
        solved = 0;
        const { solve, partsMs } = await planner.plan(scene.scene);
        const converged = solve!.status === "converged";
        const count = converged ? solve!.iterations : BENCH_CAP;
        runs.push({ tol, count, converged, solved, partsMs });
      }
      const [timed, strict] = runs;
      const { init, sqp: sqpMs } = timed.partsMs;
      const atEnd = (await unhurried.plan(scene.scene)).solve!;
      const one = atEnd.history[Math.min(1, atEnd.history.length - 1)];
      return {
        qps: {
          "1e-2": { count: timed.count, converged: timed.converged },
          "1e-3": { count: strict.count, converged: strict.converged },
        },
        ms: { init, iteration: sqpMs / Math.max(1, timed.solved), total: init + sqpMs },
        afterOne: one ?? { cost: Number.NaN, violation: Number.NaN },
        atEnd,
      };
    },
  };
}

/** The finite solution of least merit, or else the first. */
function leastMerit(solves: readonly SolveReport[]): SolveReport {
  let best = solves[0];
  for (const solve of solves) if (solve.merit < best.merit || Number.isNaN(best.merit)) best = solve;
  return best;
}
