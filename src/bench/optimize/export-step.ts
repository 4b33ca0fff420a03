import { writeOptimizerStep } from "../../rules/index.ts";
import { checkOptimizers } from "./optimize-all.ts";
import { batchOf, type OptimizeFlags, requestOf } from "./optimize-plan.ts";
import { openChoice, withHorizon } from "./optimizer-list.ts";
import { createRunner } from "./run-job.ts";

/** What `mnemosyne optimize --export-step` wrote; its JSON. */
export type ExportedStep = {
  readonly verb: "optimize";
  readonly status: "done";
  readonly file: string;
  readonly optimizer: string;
  readonly optimizee: string;
  readonly parameters: number;
  readonly updates: number;
};

/**
 * One update of the first optimizer of the list, for the optimizee and `steps` updates, as an ONNX model.
 *
 * @throws as `writeOptimizerStep`, and where the optimizee cannot be opened
 */
export async function exportStep(
  flags: OptimizeFlags,
  file: string,
): Promise<{ readonly model: Uint8Array; readonly result: ExportedStep }> {
  const { optimizee, steps } = flags;
  const batch = batchOf(flags);
  const runner = createRunner();
  try {
    const { optimizers } = await checkOptimizers(flags.optimizers.slice(0, 1));
    const task = { optimizee, data: requestOf(flags)("test"), batch, steps, checkpoints: [] };
    const { layout } = (await runner.open(task)).optimizee;
    const optimizer = await openChoice(withHorizon(optimizers[0], steps), layout);
    const result = { file, optimizer: optimizer.name, optimizee, parameters: layout.total, updates: steps };
    return {
      model: writeOptimizerStep(optimizer, layout.total, steps),
      result: { verb: "optimize", status: "done", ...result },
    };
  } finally {
    await runner.dispose();
  }
}
