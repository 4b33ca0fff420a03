import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkpointsOf,
  contestantsOf,
  createRunFiles,
  createRunner,
  dataName,
  drawOptimize,
  heldOutText,
  horizonsOf,
  namesToTune,
  type OptimizeFlags,
  type OptimizeResult,
  type OptimizerChoice,
  type OptimizeTask,
  openChoice,
  optimizeText,
  type RateTuning,
  type RunAllOptions,
  type RunKey,
  type Runner,
  ratesOf,
  requestOf,
  rowsOf,
  runAll,
  runsToTune,
  seedsOf,
  tuneRates,
} from "../bench/index.ts";
import { describeMachine, writeFileAtomic } from "../node/index.ts";
import type { Output } from "./output.ts";
import type { VerbContext, VerbEnd } from "./verb.ts";

/** What `mnemosyne optimize` does: chooses rates where it is asked to, runs, sums up, writes. */
export async function optimizeAll(
  flags: OptimizeFlags,
  context: VerbContext,
  threads: number,
): Promise<VerbEnd> {
  const runner = createRunner();
  try {
    const result = await optimizeWith(runner, flags, context, threads);
    await writeResult(result, flags, context.output);
    return result.status === "done" ? "done" : "failed";
  } finally {
    await runner.dispose();
  }
}

async function optimizeWith(
  runner: Runner,
  flags: OptimizeFlags,
  { output, signal, now }: VerbContext,
  threads: number,
): Promise<OptimizeResult> {
  const machine = describeMachine();
  const started = now();
  const { optimizee, optimizers, batch, steps, seeds, seed, pool, narrow, tuneSeeds } = flags;
  const horizons = horizonsOf(flags);
  const request = requestOf(flags);
  const task: OptimizeTask = { optimizee, data: request("test"), batch, steps, checkpoints: checkpointsOf(steps, horizons) }; // biome-ignore format: one line
  // Everything that can be wrong is found before the first run.
  const ids = new Map<string, string | undefined>();
  for (const choice of optimizers) ids.set(choice.label, await checkOptimizer(choice));
  const { optimizee: opened } = await runner.open(task);
  const images = task.data && (await runner.openData(task.data));

  const names = namesToTune(flags);
  const rates = ratesOf(flags.rates);
  const runs = (optimizers.length - names.length) * seeds + names.length * runsToTune(flags, rates.length, horizons.length); // biome-ignore format: one line
  const run = runOptions(flags, { output, signal, now }, runner, threads, runs * steps);
  const { tunings, failures } = await tuneRates({
    names,
    rates,
    horizons,
    seeds: seedsOf(seed, "tune", tuneSeeds),
    narrow,
    task: { ...task, data: request("validation"), checkpoints: [0, ...horizons] },
    dataId: images?.id,
    run,
  });
  const contestants = contestantsOf(flags, names, tunings);
  const keys = seedsOf(seed, "report", seeds).flatMap((runSeed) =>
    contestants.map(
      ({ choice }): RunKey => ({
        job: { task, optimizer: choice, seed: runSeed },
        dataId: images?.id,
        optimizerId: ids.get(choice.label),
      }),
    ),
  );
  const outcomes = signal.aborted ? [] : await runAll(keys, run);
  run.end();
  for (const { key, failure } of outcomes)
    if (failure !== undefined) failures.push(`${key.job.optimizer.label}: ${failure}`);
  if (!signal.aborted) failures.push(...hopeless(tunings));
  return {
    verb: "optimize",
    status: signal.aborted ? "interrupted" : failures.length > 0 ? "failed" : "done",
    optimizee,
    parameters: opened.layout.total,
    ...(task.data && { data: dataName(task.data), pool, batch }),
    held_out: heldOutText(images?.heldOut.count, task.data),
    steps,
    horizons,
    seeds,
    seed,
    rows: rowsOf(contestants, outcomes),
    ...(names.length > 0 && {
      tuning: tunings.map((tuning) => ({ ...tuning, seeds: tuneSeeds, narrow })),
    }),
    failures,
    ...machine,
    wall_s: Number(((now() - started) / 1000).toFixed(1)),
  };
}

/** Opens an optimizer once. @returns what tells its file's content from others */
async function checkOptimizer(choice: OptimizerChoice): Promise<string | undefined> {
  await openChoice(choice);
  if (choice.kind === "classic") return undefined;
  const bytes = await readFile(choice.file);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

function runOptions(
  { out }: OptimizeFlags,
  { output, signal, now }: Pick<VerbContext, "output" | "signal" | "now">,
  runner: Runner,
  threads: number,
  total: number,
): RunAllOptions & { end(): void } {
  const progress = output.progress("optimize", total);
  let done = 0;
  return {
    runner,
    files: out === undefined ? undefined : createRunFiles(out),
    threads,
    signal,
    now,
    onSteps(more, earlier = false) {
      done += more;
      if (earlier) progress.skip(more);
      progress.update(Math.min(done, total), "steps");
    },
    end: () => progress.finish(),
  };
}

/** Optimizers of which no rate of the grid ended at a finite loss. */
function hopeless(tunings: readonly RateTuning[]): string[] {
  return tunings.flatMap(({ optimizer, best }) =>
    Object.keys(best).length === 0 ? [`${optimizer}: no rate that was tried gives a finite loss`] : [],
  );
}

async function writeResult(
  result: OptimizeResult,
  { out, logX }: OptimizeFlags,
  output: Output,
): Promise<void> {
  if (out !== undefined) {
    await writeFileAtomic(join(out, "optimize.json"), `${JSON.stringify(result, null, 1)}\n`);
    await writeFileAtomic(join(out, "curves.svg"), drawOptimize(result, logX === true));
  }
  output.object(result);
  output.text(optimizeText(result));
  for (const failure of result.failures) output.log(`optimize: ${failure}`);
  if (result.status === "interrupted")
    output.log(`optimize: interrupted${out === undefined ? "" : `; the same command goes on in ${out}`}`);
}
