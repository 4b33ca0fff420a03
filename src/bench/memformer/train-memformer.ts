import { createRng, hashSeed } from "../../base/index.ts";
import { createOrtExecutor } from "../../graph/node.ts";
import { drawPrompts, type Optimizee, type RegressionFamily, writeOptimizee } from "../../optim/index.ts";
import { applyUpdates, createAdam, type OptimizerStep } from "../../rules/index.ts";

/** How every network of a study is trained: Adam with warm-up and cosine, fresh prompts. */
export type MemformerBudget = {
  readonly steps: number;
  /** Prompts a step. */
  readonly batch: number;
  /** Adam's largest learning rate. */
  readonly rate: number;
  readonly seed: number;
  /** New prompts that judge. */
  readonly judge: number;
};

/** The mean squared error of a query's label on prompts that training did not see. */
export type JudgedLoss = { readonly loss: number; readonly error: number };

/** Who may end a training, and who hears of its steps. */
export type TrainAround = { readonly signal?: AbortSignal; readonly onStep?: () => void };

/** Share of the updates in which the rate rises. */
const WARM_UP = 0.05;
const CLIP = 1;
const JUDGE_STREAM = 7;
const TRAIN_STREAM = 8;

/** Prompts that judge a family: the same for all networks of a seed. */
export function judgingPrompts(family: RegressionFamily, count: number, seed: number) {
  return drawPrompts(family, count, createRng(hashSeed(seed, JUDGE_STREAM)));
}

/** @returns the mean of squares and its standard error */
export function judgeErrors(
  predictions: ArrayLike<number>,
  y: ArrayLike<number>,
  at = 0,
  stride = 1,
): JudgedLoss {
  let sum = 0;
  let squares = 0;
  for (let p = 0; p < y.length; p++) {
    const e = (predictions[p * stride + at] - y[p]) ** 2;
    sum += e;
    squares += e * e;
  }
  const loss = sum / y.length;
  return { loss, error: Math.sqrt(Math.max(0, squares / y.length - loss * loss) / y.length) };
}

/**
 * Trains from a start drawn by the seed.
 *
 * @returns the parameters
 * @throws what `signal` was aborted with
 */
export async function trainMemformer(
  optimizee: Optimizee,
  { steps, rate, seed }: MemformerBudget,
  { signal, onStep }: TrainAround = {},
): Promise<Float32Array> {
  const executor = await createOrtExecutor(writeOptimizee(optimizee));
  const rise = Math.max(1, Math.round(WARM_UP * steps));
  const learningRate = (step: number): number =>
    rate * Math.min(1, (step + 1) / rise) * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
  const adam = createAdam({ learningRate, clipNorm: CLIP });
  const rng = createRng(hashSeed(seed, TRAIN_STREAM));
  const params = optimizee.init(rng);
  const problem = optimizee.drawProblem(rng);
  let state = adam.init(params);
  let [last, spare]: (OptimizerStep | undefined)[] = [];
  try {
    for (let t = 0; t < steps; t++) {
      signal?.throwIfAborted();
      const { grads } = await executor.run({
        params: { data: params, shape: [params.length] },
        ...problem,
        ...optimizee.drawBatch(rng),
      });
      const step = adam.update(grads.data as Float32Array, state, params, spare);
      applyUpdates(params, step.updates);
      state = step.state;
      [spare, last] = [last, step];
      onStep?.();
    }
    return params;
  } finally {
    await executor.dispose();
  }
}
