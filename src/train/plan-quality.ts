import { percentile } from "../drive/index.ts";
import {
  createFeatureIndex,
  createFeatureWriter,
  type FeatureSet,
  type FeatureWriter,
  featureSizes,
  isShared,
  type NetSpec,
  specFor,
} from "../init-net/index.ts";
import { pathStart, planValue, positionGap, resolveNavigationOptions, shiftStart } from "../planner/index.ts";
import {
  BENCH_CAP,
  costGap,
  countQps,
  createSceneSolver,
  type Example,
  isGood,
  rowViolation,
  SCENE_KINDS,
  type SceneSolver,
} from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import { chooseExamples, readExamples } from "./held-out.ts";

/** What the solver makes of a start, over the scenes of one kind. */
export type StartQuality = {
  /** Mean number of QPs to 1e-2, at most 10. */
  readonly qps: number;
  /** Share of the scenes with a cost gap below 2% and a violation below 2 cm after exactly one QP. */
  readonly good: number;
};

/** What a network's predictions are worth to the solver, by kind of scene. */
export type KindQuality = {
  readonly scenes: number;
  /** From the hypothesis of the highest score. */
  readonly net: StartQuality;
  /** From the best hypothesis after one QP each: the share alone. */
  readonly hypotheses: { readonly good: number };
  /** The best of hypotheses, last plan and path after one QP each. */
  readonly best: { readonly good: number };
  /** Largest position error of the scored start, rolled out, before the first QP. [m] */
  readonly position: { readonly p50: number; readonly p90: number };
};
/** What predictions are worth, by kind of scene. */
export type Quality = Readonly<Record<string, KindQuality>>;

/** What starts that need no network are worth to the solver, by kind of scene. */
export type Baselines = Readonly<
  Record<string, { readonly path: StartQuality; readonly shift?: StartQuality }>
>;

/** Scenes whose plans are looked at; the same ones at every validation. */
export type QualityProbe = {
  /** Numbers of the examples. */
  readonly examples: Uint32Array;
  baselines(): Baselines;
  /** @param trajectories, scores what the network makes of {@link QualityProbe.examples} */
  measure(prediction: { readonly trajectories: Float32Array; readonly scores: Float32Array }): Quality;
};

/**
 * Takes `perKind` held-out scenes of every kind, drawn by seed, and reads them from their shards.
 *
 * @param files path of each shard of the set, and `robots` whose data it holds
 */
export async function createQualityProbe(
  set: FeatureSet,
  { files, robots }: { readonly files: readonly string[]; readonly robots: readonly Robot[] },
  perKind: number,
  seed: number,
): Promise<QualityProbe> {
  const { spec } = set;
  const chosen = chooseExamples(set, perKind, seed);
  const scenes = await readExamples(set, files, chosen);
  const index = createFeatureIndex(set.shards);
  const planners = createRobotPlanners(spec);
  const plannerOf = (i: number) => planners(robots[index.locate(chosen[i]).shard]);
  const sizes = featureSizes(spec);
  const H = spec.options.hypotheses;
  return {
    examples: chosen,
    baselines: () =>
      summarizeBaselines(scenes.map((example, i) => tryWithoutNet(plannerOf(i).solver, example))),
    measure: ({ trajectories, scores }) =>
      summarizeQuality(
        scenes.map((example, i) => {
          const { solver, writer } = plannerOf(i);
          const order = Array.from({ length: H }, (_, h) => h).sort(
            (a, b) => scores[i * H + b] - scores[i * H + a],
          );
          const hypotheses = order.map(
            (h): SqpGuess => writer.decode(example.scene.x, trajectories, (i * H + h) * sizes.output),
          );
          return tryHypotheses(solver, example, hypotheses);
        }),
      ),
  };
}

/** Of each robot, once it is asked for, what solves its scenes and what reads a prediction as its own. */
function createRobotPlanners(spec: NetSpec) {
  const known = new Map<string, { readonly solver: SceneSolver; readonly writer: FeatureWriter }>();
  return (robot: Robot) => {
    const key = JSON.stringify(robot);
    const { dt, lookahead } = isShared(spec) ? resolveNavigationOptions(robot) : spec;
    const sizes = { N: spec.N, dt, lookahead };
    const made = known.get(key) ?? {
      solver: createSceneSolver(robot, sizes),
      writer: createFeatureWriter(specFor(spec, robot, sizes)),
    };
    known.set(key, made);
    return made;
  };
}

/** What the solver makes of one start. */
type StartTrial = { readonly qps: number; readonly good: boolean };

/** For the cost after one QP the solver must not stop early. */
const STRICT = 1e-6;

function afterOne(
  { problem, solve }: SceneSolver,
  { optimum }: Example,
  guess: SqpGuess,
): { readonly good: boolean; readonly value: number } {
  const result = solve(guess, { tol: STRICT, maxIterations: 1 });
  const gap = { costGap: costGap(result.cost, optimum.cost), violation: rowViolation(problem.ocp, result.X) };
  return { good: result.status !== "nonFinite" && isGood(gap), value: planValue(result) };
}

function qpsFrom({ solve }: SceneSolver, guess: SqpGuess): number {
  return countQps(solve(guess, { tol: 1e-2, maxIterations: BENCH_CAP }).history, 1e-2).count;
}

/** The guesses that there are without a network of the scene that the solver has entered; no shift without a last plan. */
function plainGuesses({ problem }: SceneSolver, { scene, lastPlan }: Example) {
  const shift = lastPlan === undefined ? undefined : shiftStart(problem, lastPlan, scene.time);
  const { reference } = problem;
  return { path: reference === undefined ? pathStart(problem, scene) : { U: reference.U }, shift };
}

function tryWithoutNet(solver: SceneSolver, example: Example) {
  solver.enter(example.scene, example.margin);
  const judge = (guess: SqpGuess): StartTrial => ({
    qps: qpsFrom(solver, guess),
    good: afterOne(solver, example, guess).good,
  });
  const { path, shift } = plainGuesses(solver, example);
  return { kind: example.kind, path: judge(path), shift: shift && judge(shift) };
}

/** Solves from hypotheses, the highest score first: what the first one and the best after one QP are worth. */
function tryHypotheses(solver: SceneSolver, example: Example, hypotheses: readonly SqpGuess[]) {
  solver.enter(example.scene, example.margin);
  const tried = hypotheses.map((guess) => afterOne(solver, example, guess));
  const { path, shift } = plainGuesses(solver, example);
  const others = (shift === undefined ? [path] : [path, shift]).map((guess) =>
    afterOne(solver, example, guess),
  );
  const { X } = solver.evaluate(hypotheses[0]);
  return {
    kind: example.kind,
    net: { qps: qpsFrom(solver, hypotheses[0]), good: tried[0].good },
    hypotheses: leastValue(tried).good,
    best: leastValue([...tried, ...others]).good,
    position: positionGap(X, example.optimum.X, solver.problem.ocp.dynamics.nx),
  };
}

function summarizeBaselines(trials: readonly ReturnType<typeof tryWithoutNet>[]): Baselines {
  return byKind(trials, (own) => {
    const shifts = own.flatMap(({ shift }) => (shift === undefined ? [] : [shift]));
    return {
      path: summarize(own.map(({ path }) => path)),
      ...(shifts.length > 0 && { shift: summarize(shifts) }),
    };
  });
}

function summarizeQuality(trials: readonly ReturnType<typeof tryHypotheses>[]): Quality {
  return byKind(trials, (own) => {
    const positions = own.map(({ position }) => position);
    return {
      scenes: own.length,
      net: summarize(own.map(({ net }) => net)),
      hypotheses: { good: share(own, ({ hypotheses }) => hypotheses) },
      best: { good: share(own, ({ best }) => best) },
      position: { p50: percentile(positions, 0.5), p90: percentile(positions, 0.9) },
    };
  });
}

function byKind<Row extends { readonly kind: string }, T>(
  rows: readonly Row[],
  summary: (own: readonly Row[]) => T,
): Record<string, T> {
  return Object.fromEntries(
    SCENE_KINDS.flatMap((kind) => {
      const own = rows.filter((r) => r.kind === kind);
      return own.length === 0 ? [] : [[kind, summary(own)]];
    }),
  );
}

function summarize(rows: readonly StartTrial[]): StartQuality {
  return {
    qps: rows.reduce((sum, { qps }) => sum + qps, 0) / rows.length,
    good: share(rows, ({ good }) => good),
  };
}

function share<Row>(rows: readonly Row[], is: (row: Row) => boolean): number {
  return rows.filter(is).length / rows.length;
}

function leastValue<T extends { readonly value: number }>(tried: readonly T[]): T {
  return tried.reduce((best, one) => (one.value < best.value ? one : best));
}
