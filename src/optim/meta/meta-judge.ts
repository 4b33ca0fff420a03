import { ConfigError, checkCount, createRng, hashSeed, medianOf } from "../../base/index.ts";
import type { Executor, StatefulExecutor } from "../../graph/index.ts";
import { applyUpdates, type Optimizer } from "../../rules/index.ts";
import type { LearnedModel } from "../learned/learned-model.ts";
import { type Feeds, type Optimizee, writeOptimizee } from "../optimizees/optimizee.ts";
import { nextName, stateNames, stepFeeds, writeLearnedStep, writeStepState } from "./unroll-graph.ts";

/** An optimizee to meta-train on or to judge by. */
export type MetaTask = {
  /** As the user calls it. */
  readonly name: string;
  readonly optimizee: Optimizee;
  /** The task on data that its batches never show, all batches of one size; without it, its own loss judges. */
  readonly heldOut?: { readonly optimizee: Optimizee; readonly batches: readonly Feeds[] };
};

/** Losses after some numbers of steps. */
export type MetaJudgement = {
  /** Geometric mean of all losses, to be made small; infinite where one of them is not finite. */
  readonly score: number;
  /** Per task and per horizon, the median over its starts: one unlucky start does not choose. */
  readonly losses: readonly (readonly number[])[];
};

/** What is judged: weights of the design, or another optimizer. */
export type Judged = { readonly weights: Float32Array } | { readonly optimizer: Optimizer };

export type MetaJudge = {
  /** Losses of one run, after each of the horizons in ascending order. */
  run(judged: Judged, task: number, start: number, signal?: AbortSignal): Promise<number[]>;
  /** What a learned optimizer with these weights makes of the tasks. @throws what `signal` was aborted with */
  judge(weights: Float32Array, signal?: AbortSignal): Promise<MetaJudgement>;
  /** Judges another optimizer, from the same starts and with the same batches. */
  judgeOther(optimizer: Optimizer, signal?: AbortSignal): Promise<MetaJudgement>;
  dispose(): Promise<void>;
};

export type MetaJudgeParts = {
  readonly model: LearnedModel;
  readonly tasks: readonly MetaTask[];
  /** Numbers of steps after which losses are taken, each >= 1. */
  readonly horizons: readonly number[];
  /** Runs of each task. */
  readonly starts: number;
  /** Seed of starts, problems and batches; not one that is trained with. */
  readonly seed: number;
  createExecutor(model: Uint8Array, state: Readonly<Record<string, string>>): Promise<StatefulExecutor>;
};

/** Losses below this count as this: the logarithm of a loss that may reach zero. */
const SMALLEST = 1e-12;

/** Judges learned optimizers by whole runs that meta-training does not see. */
export async function createMetaJudge(parts: MetaJudgeParts): Promise<MetaJudge> {
  const { model, tasks, starts, seed, createExecutor } = parts;
  if (tasks.length === 0) throw new ConfigError("tasks is empty, expected at least one to judge by");
  if (parts.horizons.length === 0) throw new ConfigError("horizons is empty, expected numbers of steps");
  for (const horizon of parts.horizons) checkCount("horizons", horizon, 1);
  checkCount("starts", starts, 1);
  const horizons = [...new Set(parts.horizons)].sort((a, b) => a - b);
  const fedBack = Object.fromEntries(stateNames(model).map((name) => [nextName(name), name]));
  const benches: Bench[] = [];
  for (const { optimizee, heldOut } of tasks) {
    const judged = heldOut?.optimizee ?? optimizee;
    benches.push({
      optimizee,
      batches: heldOut?.batches ?? [{}],
      gradient: await createExecutor(writeOptimizee(optimizee), {}),
      loss: await createExecutor(writeOptimizee(judged, { gradient: false }), {}),
      step: await createExecutor(writeLearnedStep(model, optimizee.layout.total), fedBack),
    });
  }
  const run: MetaJudge["run"] = (judged, task, start, signal) => {
    const bench = benches[task];
    return runBench(bench, moverOf(judged, model, bench), horizons, hashSeed(seed, start), signal);
  };
  const judge = async (judged: Judged, signal?: AbortSignal): Promise<MetaJudgement> => {
    const runs: number[][] = [];
    for (const task of tasks.keys())
      for (let start = 0; start < starts; start++) runs.push(await run(judged, task, start, signal));
    return joinRuns(runs, starts);
  };
  return {
    run,
    judge: (weights, signal) => judge({ weights }, signal),
    judgeOther: (optimizer, signal) => judge({ optimizer }, signal),
    async dispose() {
      for (const { gradient, loss, step } of benches)
        for (const executor of [gradient, loss, step]) await executor.dispose();
    },
  };
}

/** @param runs losses of every run by horizon, task after task and in each start after start */
export function joinRuns(runs: readonly (readonly number[])[], starts: number): MetaJudgement {
  const losses: number[][] = [];
  for (let first = 0; first < runs.length; first += starts)
    losses.push(runs[first].map((_, h) => medianOf(runs.slice(first, first + starts).map((run) => run[h]))));
  return { score: geometricMean(losses.flat()), losses };
}

function moverOf(judged: Judged, model: LearnedModel, bench: Bench): Mover {
  return "weights" in judged
    ? learnedMover(model, bench, judged.weights)
    : otherMover(judged.optimizer, bench.optimizee);
}

type Bench = {
  readonly optimizee: Optimizee;
  /** What the parameters are judged on. */
  readonly batches: readonly Feeds[];
  readonly gradient: Executor;
  readonly loss: Executor;
  readonly step: StatefulExecutor;
};

/** From a gradient to the update, for one step of a run after the other. (n) */
type Mover = (grads: Float32Array, params: Float32Array) => Promise<Float32Array>;

function learnedMover(model: LearnedModel, { optimizee, step }: Bench, weights: Float32Array): Mover {
  writeStepState(step, model, optimizee.layout.total);
  let t = 0;
  return async (grads) => {
    const { updates } = await step.run(stepFeeds(weights, grads, model.hyper(t++)), ["updates"]);
    return updates.data as Float32Array;
  };
}

function otherMover(optimizer: Optimizer, { layout }: Optimizee): Mover {
  let state = optimizer.init(new Float32Array(layout.total));
  return async (grads, params) => {
    const step = optimizer.update(grads, state, params);
    state = step.state;
    return step.updates;
  };
}

/** One run. @returns the loss after each of the horizons, which ascend */
async function runBench(
  { optimizee, batches, gradient, loss }: Bench,
  move: Mover,
  horizons: readonly number[],
  seed: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const rng = createRng(seed);
  const params = optimizee.init(rng);
  const problem = optimizee.drawProblem(rng);
  const fed = { params: { data: params, shape: [params.length] }, ...problem };
  const losses: number[] = [];
  for (let t = 1; losses.length < horizons.length; t++) {
    signal?.throwIfAborted();
    const { grads } = await gradient.run({ ...fed, ...optimizee.drawBatch(rng) }, ["grads"]);
    applyUpdates(params, await move(grads.data as Float32Array, params));
    if (t !== horizons[losses.length]) continue;
    let sum = 0;
    for (const batch of batches) sum += ((await loss.run({ ...fed, ...batch })).loss.data as Float32Array)[0];
    losses.push(sum / batches.length);
  }
  return losses;
}

function geometricMean(losses: readonly number[]): number {
  let sum = 0;
  for (const loss of losses) sum += Math.log(Math.max(loss, SMALLEST));
  const mean = Math.exp(sum / losses.length);
  return Number.isFinite(mean) ? mean : Infinity;
}
