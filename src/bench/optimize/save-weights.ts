import { runOptimizee, writeWeights } from "../../optim/node.ts";
import { checkOptimizers } from "./optimize-all.ts";
import { batchOf, type OptimizeFlags, requestOf, seedsOf } from "./optimize-plan.ts";
import { openChoice, withHorizon } from "./optimizer-list.ts";
import { createRunner, type OptimizeContext } from "./run-job.ts";

/** What `mnemosyne optimize --save` wrote; its JSON. */
export type SavedWeights = {
  readonly verb: "optimize";
  readonly status: "done";
  readonly file: string;
  readonly optimizer: string;
  readonly optimizee: string;
  readonly parameters: number;
  readonly steps: number;
  /** On what is held out, at the end. */
  readonly loss: number | null;
};

/**
 * Trains the optimizee once, with the first optimizer of the list and the first seed.
 *
 * @returns the tensors as a safetensors file
 * @throws where the optimizee or the optimizer cannot be opened
 */
export async function saveWeights(
  flags: OptimizeFlags,
  file: string,
  context: OptimizeContext,
): Promise<{ readonly weights: Uint8Array; readonly result: SavedWeights }> {
  const { optimizee: name, steps, seed } = flags;
  const runner = createRunner();
  try {
    const { optimizers } = await checkOptimizers(flags.optimizers.slice(0, 1));
    const task = {
      optimizee: name,
      data: requestOf(flags)("test"),
      batch: batchOf(flags),
      steps,
      checkpoints: [],
    };
    const bench = await runner.open(task);
    const { layout } = bench.optimizee;
    const optimizer = await openChoice(withHorizon(optimizers[0], steps), layout);
    let weights: Uint8Array = new Uint8Array();
    const [runSeed] = seedsOf(seed, "report", 1);
    const { checkpoints } = await runOptimizee(bench, optimizer, {
      ...context,
      steps,
      checkpoints: [steps],
      seed: runSeed,
      onEnd(params) {
        weights = writeWeights(layout, params);
      },
    });
    const result = { file, optimizer: optimizers[0].label, optimizee: name, parameters: layout.total, steps };
    return {
      weights,
      result: { verb: "optimize", status: "done", ...result, loss: checkpoints[0].loss },
    };
  } finally {
    await runner.dispose();
  }
}
