import { describeMachine, type Progress, readForeign } from "../../node/index.ts";
import {
  batchOf,
  checkpointsOf,
  contestantsOf,
  horizonsOf,
  namesToTune,
  type OptimizeFlags,
  requestOf,
  runsToTune,
  seedsOf,
} from "./optimize-plan.ts";
import { dataName, heldOutText, type OptimizeResult, rowsOf } from "./optimize-result.ts";
import { type OptimizerChoice, openChoice, type SingleChoice } from "./optimizer-list.ts";
import { type RunAllOptions, runAll } from "./run-all.ts";
import { createRunFiles, type RunKey } from "./run-files.ts";
import { createRunner, type OptimizeTask, type Runner } from "./run-job.ts";
import { type RateTuning, ratesOf, tuneRates } from "./tune-rates.ts";

/** What surrounds a run of `optimize`. */
export type OptimizeSurroundings = Pick<RunAllOptions, "threads" | "signal" | "now"> & {
  /** Begins a meter over so many steps; undefined where nobody knows how many. */
  readonly progress: (steps: number | undefined) => Progress;
};

/** Chooses rates where it is asked to, runs all optimizers and sums up. */
export async function optimizeAll(
  flags: OptimizeFlags,
  around: OptimizeSurroundings,
): Promise<OptimizeResult> {
  const runner = createRunner();
  try {
    return await optimizeWith(runner, flags, around);
  } finally {
    await runner.dispose();
  }
}

async function optimizeWith(
  runner: Runner,
  flags: OptimizeFlags,
  around: OptimizeSurroundings,
): Promise<OptimizeResult> {
  const { signal, now } = around;
  const machine = describeMachine();
  const started = now();
  const { optimizee, optimizers, steps, seeds, seed, pool, narrow, tuneSeeds } = flags;
  const batch = batchOf(flags);
  const horizons = horizonsOf(flags);
  const request = requestOf(flags);
  const task: OptimizeTask = { optimizee, data: request("test"), batch, steps, checkpoints: checkpointsOf(steps, horizons) }; // biome-ignore format: one line
  // Everything that can be wrong is found before the first run.
  const { ids, optimizers: opened } = await checkOptimizers(optimizers);
  const { optimizee: problem } = await runner.open(task);
  const { id: dataId, heldOut, notes } = await runner.openTask(task);

  const names = namesToTune(flags);
  const rates = ratesOf(flags.rates);
  const runs = (optimizers.length - names.length) * seeds + names.length * runsToTune(flags, rates.length, horizons.length); // biome-ignore format: one line
  const run = runOptions(flags, around, runner, runs * steps);
  const { tunings, failures } = await tuneRates({
    names,
    rates,
    horizons,
    seeds: seedsOf(seed, "tune", tuneSeeds),
    narrow,
    task: { ...task, data: request("validation"), checkpoints: [0, ...horizons] },
    dataId,
    run,
  });
  const contestants = contestantsOf({ ...flags, optimizers: opened }, names, tunings);
  const keys = seedsOf(seed, "report", seeds).flatMap((runSeed) =>
    contestants.map(
      ({ choice }): RunKey => ({
        job: { task, optimizer: choice, seed: runSeed },
        dataId,
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
    parameters: problem.layout.total,
    ...(task.data && { data: dataName(task.data), pool, batch }),
    held_out: heldOutText(heldOut?.count, task.data),
    steps,
    horizons,
    seeds,
    seed,
    rows: rowsOf(contestants, outcomes),
    ...(names.length > 0 && {
      tuning: tunings.map((tuning) => ({ ...tuning, seeds: tuneSeeds, narrow })),
    }),
    failures,
    ...(notes && { notes }),
    ...machine,
    wall_s: Number(((now() - started) / 1000).toFixed(1)),
  };
}

/** Opens each optimizer once. @returns the choices, knowing of files what they are; and by label what tells files apart */
export async function checkOptimizers(choices: readonly OptimizerChoice[]) {
  const ids = new Map<string, string | undefined>();
  const optimizers: OptimizerChoice[] = [];
  for (const choice of choices) {
    const groups = choice.kind === "grouped" ? choice.groups : [{ tensors: "*", choice }];
    const known = await Promise.all(groups.map((group) => checkOptimizer(group.choice)));
    const told = groups.map((group, i) => ({ ...group, choice: tellKind(group.choice, known[i].isSteered) }));
    ids.set(choice.label, known.flatMap(({ id }) => id ?? []).join("+") || undefined);
    optimizers.push(choice.kind === "grouped" ? { ...choice, groups: told } : told[0].choice);
  }
  return { ids, optimizers };
}

function tellKind(choice: SingleChoice, isOfSteps: boolean | undefined): SingleChoice {
  return choice.kind === "learned" ? { ...choice, isSteered: isOfSteps } : choice;
}

/** Opens an optimizer once. @returns of a file, what tells its content from others, and its kind */
async function checkOptimizer(choice: SingleChoice): Promise<{ id?: string; isSteered?: boolean }> {
  if (choice.kind === "learned") {
    const { id, learned } = await readForeign("optimizer", choice.file);
    return { id, isSteered: learned.spec.kind === "steered" };
  }
  await openChoice(choice);
  return {};
}

export function runOptions(
  { out }: OptimizeFlags,
  { progress: begin, ...around }: OptimizeSurroundings,
  runner: Runner,
  total: number | undefined,
): RunAllOptions & { end(): void } {
  const progress = begin(total);
  let done = 0;
  return {
    runner,
    files: out === undefined ? undefined : createRunFiles(out),
    ...around,
    onSteps(more, earlier = false) {
      done += more;
      if (earlier) progress.skip(more);
      progress.update(Math.min(done, total ?? done), "steps");
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
