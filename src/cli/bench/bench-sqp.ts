import { setImmediate } from "node:timers/promises";
import { type SolveReport, WARM_STARTS, type WarmStart } from "../../planner/index.ts";
import {
  createProbe,
  createScout,
  createSearch,
  type Found,
  leastMerit,
  REFERENCE,
  type SolverUnderTest,
  STRAIGHT,
} from "./sqp-probe.ts";
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

/** Scenes gone through once, untimed, before the first that counts. */
const WARM_UP_SCENES = 8;

/** What is compared by default: the straight line as a baseline, and the warm starts of the house. */
export const BENCH_STARTS: readonly WarmStart[] = [STRAIGHT, ...WARM_STARTS.values()];

export type BenchSqpOptions = SolverUnderTest & {
  readonly scenes: readonly BenchScene[];
  readonly starts?: readonly WarmStart[];
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
    /** Share of the scenes whose optimum lies 2 cm or more inside the margin: a plan that does so is not good. */
    readonly violating: number;
  };
};

/**
 * Compares warm starts on the same scenes, with the planner's own code. For every scene and start:
 *
 * - QPs to a relative KKT tolerance of 1e-2 and 1e-3, at most 10, along the way that is kept: `best` solves a
 *   QP from each candidate and goes on from the better, and these count once;
 * - the plan after exactly one QP beside the best known optimum of the scene: the solution of least merit (cost
 *   and penalties) that is found from any of the starts, from braking, or around an obstacle from a path that
 *   no start is told. The gap is between costs without penalties: a plan that cuts a corner may have a
 *   negative one, and its violation tells;
 * - times of the solve to 1e-2: the guess, one iteration, and both together with all iterations, which for
 *   `best` include the QPs it dropped. The distance field and the safety check are the same for all, and out.
 *
 * The starts take turns within a scene, each scene begins with another. Same scenes, same result but for times.
 */
export async function benchSqp(options: BenchSqpOptions): Promise<BenchSqpResult> {
  const { scenes, signal, onProgress } = options;
  const benches = (options.starts ?? BENCH_STARTS).map((start) => createBench(start, options));
  const scout = createScout(options);
  signal?.throwIfAborted();
  for (const scene of scenes.slice(0, WARM_UP_SCENES)) for (const bench of benches) await bench.run(scene);
  const trials: SqpTrial[] = [];
  let converged = 0;
  let violating = 0;
  for (const [index, scene] of scenes.entries()) {
    signal?.throwIfAborted();
    const outcomes: Outcome[] = new Array(benches.length);
    for (let turn = 0; turn < benches.length; turn++) {
      const at = (index + turn) % benches.length;
      outcomes[at] = await benches[at].run(scene);
    }
    const optimum = leastMerit([...outcomes.map(({ found }) => found), ...(await scout(scene))]);
    if (optimum.converged) converged++;
    if (!(optimum.violation < GOOD.violation)) violating++;
    for (const [at, { qps, ms, found }] of outcomes.entries()) {
      const { cost, violation } = found.afterOne;
      const gap = costGap(cost, optimum.cost);
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

/** What one warm start gives on one scene. */
type Outcome = Pick<SqpTrial, "qps" | "ms"> & { readonly found: Found };

/** Everything that is measured of one warm start. */
function createBench(start: WarmStart, solver: SolverUnderTest) {
  const [loose, tight] = BENCH_TOLERANCES.map((tol) =>
    createProbe(start, solver, { tol: Number(tol), maxIterations: BENCH_CAP }),
  );
  const search = createSearch(start, solver);
  const count = ({ status, iterations }: SolveReport) => {
    const converged = status === "converged";
    return { count: converged ? iterations : BENCH_CAP, converged };
  };
  return {
    name: start.name,
    async run(scene: BenchScene): Promise<Outcome> {
      const timed = await loose.solve(scene);
      const strict = await tight.solve(scene);
      const { init, sqp } = timed.partsMs;
      return {
        qps: { "1e-2": count(timed.solve), "1e-3": count(strict.solve) },
        ms: { init, iteration: sqp / Math.max(1, timed.qps), total: init + sqp },
        found: await search(scene),
      };
    },
  };
}
