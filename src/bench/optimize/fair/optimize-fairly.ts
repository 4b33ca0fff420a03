import { describeMachine } from "../../../node/index.ts";
import { checkOptimizers, type OptimizeSurroundings, runOptions } from "../optimize-all.ts";
import { batchOf, type OptimizeFlags, requestOf, seedsOf } from "../optimize-plan.ts";
import {
  dataName,
  heldOutText,
  type OptimizeHead,
  type OptimizerSummary,
  summarizeRuns,
} from "../optimize-result.ts";
import { runAll } from "../run-all.ts";
import type { RunKey } from "../run-files.ts";
import { createRunner } from "../run-job.ts";
import { compareFairly, type FairRow, type FairRun } from "./fair-comparison.ts";

/** What `mnemosyne optimize --fair` found; its JSON. */
export type FairResult = OptimizeHead & {
  readonly tune_seeds: number;
  /** With the training loss of the reported runs, where all of them were made. */
  readonly fair: readonly (FairRow & { readonly curve?: OptimizerSummary["curve"] })[];
};

/** `optimize` with equal rights for all: see `compareFairly`. */
export async function optimizeFairly(
  flags: OptimizeFlags,
  horizons: readonly number[],
  around: OptimizeSurroundings,
): Promise<FairResult> {
  const { optimizee, seeds, seed, pool, tuneSeeds, rates, searchSteps } = flags;
  const batch = batchOf(flags);
  const { signal, now } = around;
  const machine = describeMachine();
  const started = now();
  const request = requestOf(flags);
  const runner = createRunner();
  const failures: string[] = [];
  /** Of each row, in their order. */
  const curves: (OptimizerSummary["curve"] | undefined)[] = [];
  try {
    const { ids, optimizers } = await checkOptimizers(flags.optimizers);
    const test = { optimizee, data: request("test"), batch, steps: horizons[0], checkpoints: [] };
    const { optimizee: problem } = await runner.open(test);
    const { id: dataId, heldOut, notes } = await runner.openTask(test);
    const run = runOptions(flags, around, runner, undefined);
    const losses = async (runs: readonly FairRun[]): Promise<number[]> => {
      const keys = runs.map(({ choice, horizon, seed: runSeed, judged }): RunKey => {
        const task = { ...test, data: request(judged), steps: horizon, checkpoints: [horizon] };
        return {
          job: { task, optimizer: choice, seed: runSeed },
          dataId,
          optimizerId: ids.get(choice.label.replace(/ @\d+$/, "")),
        };
      });
      const outcomes = signal.aborted ? [] : await runAll(keys, run);
      for (let at = 0; runs[0]?.judged === "test" && at < runs.length; at += seeds) {
        const records = outcomes.slice(at, at + seeds).flatMap(({ record }) => record ?? []);
        curves.push(records.length === seeds ? summarizeRuns(records).curve : undefined);
      }
      return runs.map((_, i) => {
        const { failure, record } = outcomes[i] ?? {};
        if (failure !== undefined) failures.push(`${runs[i].choice.label}: ${failure}`);
        return record?.checkpoints.at(-1)?.loss ?? Number.NaN;
      });
    };
    const fair = await compareFairly({
      optimizers,
      horizons,
      tuneSeeds: seedsOf(seed, "tune", tuneSeeds),
      reportSeeds: seedsOf(seed, "report", seeds),
      firstRate: Math.sqrt(rates.from * rates.to),
      searchSteps,
      run: losses,
    });
    run.end();
    return {
      verb: "optimize",
      status: signal.aborted ? "interrupted" : failures.length > 0 ? "failed" : "done",
      optimizee,
      parameters: problem.layout.total,
      ...(test.data && { data: dataName(test.data), pool, batch }),
      held_out: heldOutText(heldOut?.count, test.data),
      seeds,
      tune_seeds: tuneSeeds,
      seed,
      fair: fair.map((row, i) => ({ ...row, ...(curves[i] && { curve: curves[i] }) })),
      failures,
      ...(notes && { notes }),
      ...machine,
      wall_s: Number(((now() - started) / 1000).toFixed(1)),
    };
  } finally {
    await runner.dispose();
  }
}
