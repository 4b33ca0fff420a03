import { setImmediate } from "node:timers/promises";
import { createRng } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { positionGap, resolveNavigationOptions, type WarmStart } from "../planner/index.ts";
import {
  ambiguityOf,
  BENCH_CAP,
  type BenchScene,
  CLOSE,
  costGap,
  countQps,
  createSceneSolver,
  DISTINCT,
  GOOD,
  meritShare,
  REFERENCE,
  rowViolation,
  SCENE_KINDS,
  type SceneKind,
  type Survey,
  searchOptima,
  surveyOf,
} from "../scenes/index.ts";
import { BENCH_STARTS } from "./bench-models.ts";
import { NOISE_TRIALS, type NoiseRow, type NoiseTrial, probeNoise, summarizeNoise } from "./sqp-noise.ts";
import { createProbe, createSearch, type FoundOptimum, type SolverUnderTest } from "./sqp-probe.ts";
import {
  type AmbiguityRow,
  BENCH_TOLERANCES,
  type SceneClass,
  type SqpRow,
  type SqpTrial,
  summarizeAmbiguity,
  summarizeTrials,
} from "./sqp-rows.ts";

/** Scenes gone through once, untimed, before the first that counts. */
const WARM_UP_SCENES = 8;

/** What `bench sqp` compares, and on which scenes. */
export type BenchSqpOptions = SolverUnderTest & {
  readonly scenes: readonly BenchScene[];
  /** Default: {@link BENCH_STARTS}. */
  readonly starts?: readonly WarmStart[];
  /** Solve from the optima with noise, too. */
  readonly noise?: boolean;
  readonly signal?: AbortSignal;
  /** Is told the number of scenes done. */
  readonly onProgress?: (scenes: number) => void;
};

/** What `bench sqp` has measured. */
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
  readonly ambiguity: Ambiguity;
  /** Only where asked for. */
  readonly noise?: { readonly scenes: number; readonly rows: readonly NoiseRow[] };
};

/** Scenes with one known optimum and with several, apart. */
export type Ambiguity = {
  /** Distance of two optima, at least. [m] */
  readonly distance_m: number;
  /** Another optimum is close where its merit is within this share of the best one's. */
  readonly close_within: number;
  /** Share of the scenes with another optimum, and with a close one. */
  readonly kinds: readonly {
    readonly kind: SceneKind | "all";
    readonly n: number;
    readonly ambiguous: number;
    readonly close: number;
  }[];
  readonly rows: readonly AmbiguityRow[];
};

/**
 * Compares warm starts on the same scenes, with the planner's own code. For every scene and start:
 *
 * - QPs to a relative KKT tolerance of 1e-2 and 1e-3, at most 10, along the way that is kept: `best` solves a
 *   QP from each candidate and goes on from the better, and these count once;
 * - the plan after exactly one QP beside the best known optimum of the scene: the solution of least merit (cost
 *   and penalties) that is found from any of the starts, from braking, or along ways aside of the path and
 *   around an obstacle that no start is told. The gap is between costs without penalties: a plan that cuts a corner may have a
 *   negative one, and its violation tells;
 * - times of the solve to 1e-2: the guess, one iteration, and both together with all iterations, which for
 *   `best` include the QPs it dropped. The distance field and the safety check are the same for all, and out.
 *
 * - the largest position error of the rolled out guess, to the best known and to the nearest known optimum;
 * - all of that apart for scenes that have another optimum far from the best, and for those that have none.
 *
 * The starts take turns within a scene, each scene begins with another. Same scenes, same result but for times.
 */
export async function benchSqp(options: BenchSqpOptions): Promise<BenchSqpResult> {
  const { scenes, signal, onProgress } = options;
  const bench = createSqpBench(options);
  signal?.throwIfAborted();
  await bench.warmUp(scenes);
  const measures: SceneMeasure[] = [];
  for (const scene of scenes) {
    signal?.throwIfAborted();
    measures.push(await bench.measure(scene));
    onProgress?.(measures.length);
    await setImmediate(); // so that Ctrl-C is heard
  }
  return summarizeSqp(measures, options);
}

/** All that `bench sqp` measures of one scene; plain data. */
export type SceneMeasure = {
  readonly kind: SceneKind;
  readonly trials: readonly SqpTrial[];
  readonly noise: readonly NoiseTrial[];
  readonly scene: SceneClass;
  /** Whether its optimum was reached to the tolerance. */
  readonly converged: boolean;
  /** Whether its optimum violates rows by more than a good plan may. */
  readonly violating: boolean;
};

/** Measures scene after scene. */
export type SqpBench = {
  /** Goes through the first few, untimed. */
  warmUp(scenes: readonly BenchScene[]): Promise<void>;
  measure(scene: BenchScene): Promise<SceneMeasure>;
};

/** Creates what measures scenes; see {@link benchSqp}. */
export function createSqpBench(options: Omit<BenchSqpOptions, "scenes" | "signal" | "onProgress">): SqpBench {
  const { robot, navigation, noise = false } = options;
  const benches = (options.starts ?? BENCH_STARTS).map((start) => createBench(start, options));
  const solver = createSceneSolver(robot, navigation);
  const { ocp } = solver.problem;
  let measured = 0;
  return {
    async warmUp(scenes) {
      for (const scene of scenes.slice(0, WARM_UP_SCENES))
        for (const bench of benches) await bench.run(scene);
    },
    async measure(scene) {
      const outcomes: Outcome[] = new Array(benches.length);
      for (let turn = 0; turn < benches.length; turn++) {
        const at = (measured + turn) % benches.length;
        outcomes[at] = await benches[at].run(scene);
      }
      measured++;
      const rng = createRng(scene.seed);
      const known = outcomes.map(({ found }) => found);
      const survey = surveyOf(solver.problem, searchOptima(solver, scene, known, rng));
      const { kind } = scene;
      return {
        kind,
        trials: outcomes.map((outcome, at) => ({
          ...trialOf(outcome, survey, ocp.dynamics.nx),
          kind,
          init: benches[at].name,
        })),
        noise: noise ? probeNoise(solver, scene, survey.best, rng) : [],
        scene: ambiguityOf(survey),
        converged: survey.best.status === "converged",
        violating: !(rowViolation(ocp, survey.best.X) < GOOD.violation),
      };
    },
  };
}

/** What scenes measured one by one say together. */
export function summarizeSqp(
  measures: readonly SceneMeasure[],
  { robot, navigation, noise = false }: Pick<BenchSqpOptions, "robot" | "navigation" | "noise">,
): BenchSqpResult {
  const trials = measures.flatMap((one) => one.trials);
  const noisy = measures.flatMap((one) => one.noise);
  return {
    rows: summarizeTrials(trials),
    reference: {
      tol: REFERENCE.tol,
      max_iterations: REFERENCE.maxIterations,
      converged: shareOf(measures, ({ converged }) => converged),
      violating: shareOf(measures, ({ violating }) => violating),
    },
    ambiguity: {
      distance_m: DISTINCT * resolveNavigationOptions(robot, navigation).lookahead,
      close_within: CLOSE,
      kinds: (["all", ...SCENE_KINDS] as const).flatMap((kind) => {
        const own = measures.filter((one) => kind === "all" || one.kind === kind).map(({ scene }) => scene);
        const n = own.length;
        if (n === 0) return [];
        return { kind, n, ambiguous: shareOf(own, (s) => s.ambiguous), close: shareOf(own, (s) => s.close) };
      }),
      rows: summarizeAmbiguity(trials),
    },
    ...(noise ? { noise: { scenes: noisy.length / NOISE_TRIALS, rows: summarizeNoise(noisy) } } : {}),
  };
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return Number((items.filter(holds).length / Math.max(1, items.length)).toFixed(4));
}

/** A solution whose merit is within this share of the best known one's is as good. */
const AS_GOOD = 0.01;

/** What one warm start gave, beside what is known of the scene. */
function trialOf({ qps, ms, found }: Outcome, survey: Survey, nx: number): Omit<SqpTrial, "kind" | "init"> {
  const { best, distinct } = survey;
  const errorTo = ({ X }: { readonly X: Vec }): number => positionGap(found.guessX, X, nx);
  return {
    qps,
    ms,
    costGap: costGap(found.afterOne.cost, best.cost),
    violation: found.afterOne.violation,
    guessError: errorTo(best),
    nearestError: Math.min(...distinct.map(errorTo)),
    reachesBest: found.merit <= best.merit + meritShare(best.merit, AS_GOOD),
    scene: ambiguityOf(survey),
  };
}

/** What one warm start gives on one scene. */
type Outcome = Pick<SqpTrial, "qps" | "ms"> & { readonly found: FoundOptimum };

/** Everything that is measured of one warm start. */
function createBench(start: WarmStart, solver: SolverUnderTest) {
  const [loose, tight] = BENCH_TOLERANCES.map((tol) =>
    createProbe(start, solver, { tol: Number(tol), maxIterations: BENCH_CAP }),
  );
  const search = createSearch(start, solver);
  return {
    name: start.name,
    async run(scene: BenchScene): Promise<Outcome> {
      const timed = await loose.solve(scene);
      const strict = await tight.solve(scene);
      const { init, sqp } = timed.partsMs;
      return {
        qps: { "1e-2": countQps(timed.solve.history, 1e-2), "1e-3": countQps(strict.solve.history, 1e-3) },
        ms: { init, iteration: sqp / Math.max(1, timed.qps), total: init + sqp },
        found: await search(scene),
      };
    },
  };
}
