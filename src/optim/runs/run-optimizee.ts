import { createRng, hashSeed, medianOf } from "../../base/index.ts";
import { createOrtExecutor } from "../../graph/node.ts";
import { applyUpdates, type Optimizer, type OptimizerStep } from "../../rules/index.ts";
import { type Feeds, type Optimizee, writeOptimizee } from "../optimizees/optimizee.ts";
import type { HeldOut } from "./held-out.ts";

/** What one run of one optimizer gave; plain data. */
export type OptimizeRecord = {
  /** (steps) loss of each step's batch, before the step. */
  readonly train: readonly number[];
  /** Loss on what is held out, after so many steps; null where it is not a finite number. */
  readonly checkpoints: readonly { readonly step: number; readonly loss: number | null }[];
  /** Steps that the optimizer refused. */
  readonly skipped: number;
  /** Median times of one step's parts. [ms] */
  readonly ms: { readonly gradient: number; readonly update: number };
};

/** An optimizee ready to be run and judged. */
export type Workbench = {
  readonly optimizee: Optimizee;
  /** Loss and gradient on a problem and a batch. */
  evaluate(params: Float32Array, feeds: Feeds): Promise<{ loss: number; grads: Float32Array }>;
  /** Loss on all that is held out, or where nothing is on the problem itself. */
  judge(params: Float32Array, problem: Feeds): Promise<number>;
  dispose(): Promise<void>;
};

/** Examples judged at once. */
const JUDGE_BATCH = 500;

/**
 * Opens an optimizee on ONNX Runtime, one thread.
 *
 * @param create makes it for a batch; undefined leaves the batch to it
 * @param heldOut examples to judge by, for optimizees with data
 */
export async function openWorkbench(
  create: (batch?: number) => Optimizee,
  batch: number | undefined,
  heldOut: HeldOut | undefined,
): Promise<Workbench> {
  const optimizee = create(batch);
  const { total } = optimizee.layout;
  const gradient = await createOrtExecutor(writeOptimizee(optimizee));
  const parts = heldOut === undefined ? [] : batchesOf(heldOut.count);
  const sizes = [...new Set(parts.map(({ size }) => size))];
  const judges = new Map(
    await Promise.all(
      sizes.map(async (size) => [size, await createOrtExecutor(lossOf(create(size)))] as const),
    ),
  );
  const paramsOf = (data: Float32Array): Feeds => ({ params: { data, shape: [total] } });
  return {
    optimizee,
    async evaluate(params, feeds) {
      const { loss, grads } = await gradient.run({ ...paramsOf(params), ...feeds });
      return { loss: (loss.data as Float32Array)[0], grads: grads.data as Float32Array };
    },
    async judge(params, problem) {
      const run = async (executor: typeof gradient, feeds: Feeds): Promise<number> => {
        const { loss } = await executor.run({ ...paramsOf(params), ...feeds }, ["loss"]);
        return (loss.data as Float32Array)[0];
      };
      if (heldOut === undefined) return run(gradient, problem);
      let sum = 0;
      for (const { from, size } of parts) {
        const indices = Int32Array.from({ length: size }, (_, i) => from + i);
        const all = heldOut.feeds(indices);
        const feeds = Object.fromEntries(optimizee.batch.map(({ name }) => [name, all[name]]));
        sum += size * (await run(judges.get(size)!, feeds));
      }
      return sum / heldOut.count;
    },
    async dispose() {
      for (const executor of [gradient, ...judges.values()]) await executor.dispose();
    },
  };
}

function lossOf(optimizee: Optimizee): Uint8Array {
  return writeOptimizee(optimizee, { gradient: false });
}

function batchesOf(count: number): { from: number; size: number }[] {
  const parts: { from: number; size: number }[] = [];
  for (let from = 0; from < count; from += JUDGE_BATCH)
    parts.push({ from, size: Math.min(JUDGE_BATCH, count - from) });
  return parts;
}

/** How long an optimizee is run, and when it is judged. */
export type RunOptions = {
  readonly steps: number;
  /** Numbers of steps after which to judge, rising; 0 is the start. */
  readonly checkpoints: readonly number[];
  /** Start, problem and batches: the same for every optimizer. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  readonly onStep?: (done: number) => void;
  /** Is given the parameters at the end, which are its own. */
  readonly onEnd?: (params: Float32Array) => void;
};

/**
 * Optimizes from a random start and judges the parameters on the way.
 *
 * @throws what `signal` was aborted with
 */
export async function runOptimizee(
  { optimizee, evaluate, judge }: Workbench,
  optimizer: Optimizer,
  { steps, checkpoints, seed, signal, now, onStep, onEnd }: RunOptions,
): Promise<OptimizeRecord> {
  const starts = createRng(hashSeed(seed, 1));
  const batches = createRng(hashSeed(seed, 2));
  const params = optimizee.init(starts);
  const problem = optimizee.drawProblem(starts);
  const train: number[] = [];
  const judged: { step: number; loss: number | null }[] = [];
  const times = { gradient: new Float64Array(steps), update: new Float64Array(steps) };
  let state = optimizer.init(params);
  let last: OptimizerStep | undefined;
  let spare: OptimizerStep | undefined;
  for (let t = 0; ; t++) {
    if (checkpoints.includes(t)) judged.push({ step: t, loss: finiteOrNull(await judge(params, problem)) });
    if (t === steps) break;
    signal?.throwIfAborted();
    const feeds = { ...problem, ...optimizee.drawBatch(batches) };
    const begin = now();
    const { loss, grads } = await evaluate(params, feeds);
    const middle = now();
    const step = optimizer.update(grads, state, params, spare, loss);
    applyUpdates(params, step.updates);
    times.gradient[t] = middle - begin;
    times.update[t] = now() - middle;
    state = step.state;
    [spare, last] = [last, step];
    train.push(loss);
    onStep?.(t + 1);
  }
  onEnd?.(params);
  return {
    train,
    checkpoints: judged,
    skipped: state.skipped,
    ms: { gradient: middle(times.gradient), update: middle(times.update) },
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function middle(values: Float64Array): number {
  return values.length === 0 ? 0 : medianOf([...values]);
}
