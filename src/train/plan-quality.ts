import { readFile } from "node:fs/promises";
import { createRng, hashSeed } from "../base/index.ts";
import { percentile } from "../drive/index.ts";
import {
  createFeatureIndex,
  createFeatureWriter,
  type FeatureSet,
  featureSizes,
  selectExamples,
} from "../init-net/index.ts";
import {
  createNavigationProblem,
  type PosedScene,
  pathStart,
  planValue,
  poseScene,
  positionGap,
  shiftStart,
} from "../planner/index.ts";
import {
  BENCH_CAP,
  costGap,
  type Example,
  GOOD,
  readShard,
  rowViolation,
  SCENE_KINDS,
} from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import { createSqpWorkspace, type SqpGuess, type SqpResult, solveSqp } from "../sqp/index.ts";

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
export type Quality = Readonly<Record<string, KindQuality>>;

/** The same of what there is without a network, by kind. */
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

/** For the cost after one QP the solver must not stop early. */
const STRICT = 1e-6;

/**
 * Takes `perKind` held-out scenes of every kind, drawn by seed, and reads them from their shards.
 *
 * @param files path of each shard of the set
 */
export async function createQualityProbe(
  set: FeatureSet,
  files: readonly string[],
  robot: Robot,
  perKind: number,
  seed: number,
): Promise<QualityProbe> {
  const { spec } = set;
  const chosen = chooseExamples(set, perKind, seed);
  const scenes = await readExamples(set, files, chosen);
  const { N, dt, lookahead } = spec;
  const problem = createNavigationProblem(robot, { N, dt, lookahead });
  const { ocp } = problem;
  const { nx } = ocp.dynamics;
  const workspace = createSqpWorkspace(ocp);
  const writer = createFeatureWriter(spec);
  const sizes = featureSizes(spec);
  const H = spec.options.hypotheses;

  const enter = ({ scene, margin }: Example): PosedScene => poseScene(problem, scene, undefined, margin);
  const afterOne = ({ scene, optimum }: Example, guess: SqpGuess): { good: boolean; value: number } => {
    const result = solveSqp(ocp, scene.x, guess, { tol: STRICT, maxIterations: 1 }, workspace);
    if (result.status === "nonFinite") return { good: false, value: Number.POSITIVE_INFINITY };
    const good =
      costGap(result.cost, optimum.cost) < GOOD.gap && rowViolation(ocp, result.X) < GOOD.violation;
    return { good, value: planValue(result) };
  };
  const countQps = ({ scene }: Example, guess: SqpGuess): number => {
    const options = { tol: 1e-2, maxIterations: BENCH_CAP };
    const result: SqpResult = solveSqp(ocp, scene.x, guess, options, workspace);
    return result.status === "converged" ? result.iterations : BENCH_CAP;
  };
  const positionError = ({ scene, optimum }: Example, guess: SqpGuess): number => {
    const { X } = solveSqp(ocp, scene.x, guess, { maxIterations: 0 }, workspace);
    return positionGap(X, optimum.X, nx);
  };
  const shiftOf = ({ scene, lastPlan }: Example): SqpGuess | undefined =>
    lastPlan === undefined ? undefined : shiftStart(problem, lastPlan, scene.time);

  return {
    examples: chosen,
    baselines() {
      const rows = scenes.map((scene) => {
        enter(scene);
        const judge = (guess: SqpGuess) => ({
          qps: countQps(scene, guess),
          good: afterOne(scene, guess).good,
        });
        const shift = shiftOf(scene);
        return {
          kind: scene.kind as string,
          path: judge(pathStart(problem, scene.scene)),
          shift: shift && judge(shift),
        };
      });
      return byKind(rows, (own) => {
        const shifts = own.flatMap(({ shift }) => (shift === undefined ? [] : [shift]));
        return {
          path: summarize(own.map(({ path }) => path)),
          ...(shifts.length > 0 && { shift: summarize(shifts) }),
        };
      });
    },
    measure({ trajectories, scores }) {
      const rows = scenes.map((scene, i) => {
        enter(scene);
        const order = Array.from({ length: H }, (_, h) => h).sort(
          (a, b) => scores[i * H + b] - scores[i * H + a],
        );
        const guesses = order.map(
          (h): SqpGuess => writer.decode(scene.scene.x, trajectories, (i * H + h) * sizes.output),
        );
        const tried = guesses.map((guess) => afterOne(scene, guess));
        const others = [pathStart(problem, scene.scene), shiftOf(scene)].flatMap((guess) =>
          guess === undefined ? [] : [afterOne(scene, guess)],
        );
        return {
          kind: scene.kind as string,
          net: { qps: countQps(scene, guesses[0]), good: tried[0].good },
          hypotheses: leastValue(tried).good,
          best: leastValue([...tried, ...others]).good,
          position: positionError(scene, guesses[0]),
        };
      });
      return byKind(rows, (own) => ({
        scenes: own.length,
        net: summarize(own.map(({ net }) => net)),
        hypotheses: { good: share(own, ({ hypotheses }) => hypotheses) },
        best: { good: share(own, ({ best }) => best) },
        position: {
          p50: percentile(
            own.map(({ position }) => position),
            0.5,
          ),
          p90: percentile(
            own.map(({ position }) => position),
            0.9,
          ),
        },
      }));
    },
  };
}

/** Held-out examples, `perKind` of each kind, in the order of their numbers. */
export function chooseExamples(set: FeatureSet, perKind: number, seed: number): Uint32Array {
  const chosen: number[] = [];
  for (const kind of set.kinds.keys()) {
    const all = selectExamples(set.shards, (rows, i) => rows.heldOut[i] === 1 && rows.kind[i] === kind);
    const rng = createRng(hashSeed(seed, 0x76616c + kind));
    for (let i = 0; i < Math.min(perKind, all.length); i++) {
      const j = i + rng.int(all.length - i);
      [all[i], all[j]] = [all[j], all[i]];
      chosen.push(all[i]);
    }
  }
  return Uint32Array.from(chosen).sort();
}

async function readExamples(
  set: FeatureSet,
  files: readonly string[],
  chosen: Uint32Array,
): Promise<Example[]> {
  const index = createFeatureIndex(set.shards);
  const places = Array.from(chosen, (example) => index.locate(example));
  const found: Example[] = [];
  let open = -1;
  let shard: ReturnType<typeof readShard> | undefined;
  for (const { shard: s, row } of places) {
    if (s !== open) {
      shard = readShard(await readFile(files[s]));
      open = s;
    }
    found.push(shard!.example(set.shards[s].index[row]));
  }
  return found;
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

function summarize(rows: readonly { readonly qps: number; readonly good: boolean }[]): StartQuality {
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
