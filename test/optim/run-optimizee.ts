import type { Rng } from "../../src/base/index.ts";
import type { StatefulExecutor } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { type Feeds, type Optimizee, writeOptimizee } from "../../src/optim/index.ts";
import { applyUpdates, type Optimizer } from "../../src/rules/index.ts";

export type Evaluate = (
  params: Float32Array,
  inputs: Feeds,
) => Promise<{ loss: number; grads: Float32Array }>;

/** Loss and gradient of an optimizee by ONNX Runtime, for the time of `use`. */
export async function withOptimizee<T>(
  optimizee: Optimizee,
  use: (evaluate: Evaluate) => Promise<T>,
): Promise<T> {
  const executor: StatefulExecutor = await createOrtExecutor(writeOptimizee(optimizee));
  try {
    return await use(async (params, inputs) => {
      const out = await executor.run({ params: { data: params, shape: [params.length] }, ...inputs });
      return { loss: (out.loss.data as Float32Array)[0], grads: out.grads.data as Float32Array };
    });
  } finally {
    await executor.dispose();
  }
}

/** Optimizes for some steps; the loss before each of them and the last parameters. */
export async function optimize(
  optimizee: Optimizee,
  optimizer: Optimizer,
  steps: number,
  rng: Rng,
  atStep?: (step: number, params: Float32Array) => Promise<void>,
): Promise<{ losses: number[]; params: Float32Array; problem: Feeds }> {
  return withOptimizee(optimizee, async (evaluate) => {
    const params = optimizee.init(rng);
    const problem = optimizee.drawProblem(rng);
    let state = optimizer.init(params);
    const losses: number[] = [];
    for (let t = 0; t < steps; t++) {
      await atStep?.(t, params);
      const { loss, grads } = await evaluate(params, { ...problem, ...optimizee.drawBatch(rng) });
      losses.push(loss);
      const step = optimizer.update(grads, state, params);
      applyUpdates(params, step.updates);
      state = step.state;
    }
    await atStep?.(steps, params);
    return { losses, params, problem };
  });
}
