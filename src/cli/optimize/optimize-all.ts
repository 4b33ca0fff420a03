import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError, hashSeed } from "../../linalg/index.ts";
import { OPTIMIZEES } from "../../optim/index.ts";
import { describeMachine } from "../bench/machine.ts";
import type { VerbContext, VerbEnd } from "../verb.ts";
import type { OptimizeFlags } from "../verbs/optimize.ts";
import { writeFileAtomic } from "../write-file.ts";
import { openChoice } from "./open-choice.ts";
import type { DataRequest } from "./open-data.ts";
import { drawOptimize } from "./optimize-figure.ts";
import type { OptimizeResult, OptimizeRow } from "./optimize-result.ts";
import { optimizeText } from "./optimize-text.ts";
import { type OptimizerChoice, withRate } from "./optimizer-list.ts";
import { type Outcome, type RunAllOptions, runAll } from "./run-all.ts";
import { createRunFiles, type RunKey } from "./run-files.ts";
import { createRunner, type Runner, type Task } from "./run-job.ts";
import { summarizeRuns } from "./summarize-runs.ts";
import { ratesOf, type Tuning, tuneRates } from "./tune-rates.ts";

/** Horizons of the published comparisons. */
const USUAL_HORIZONS = [100, 500, 2000] as const;

/** What `mnemosyne optimize` does. */
export async function optimizeAll(
  flags: OptimizeFlags,
  context: VerbContext,
  threads: number,
): Promise<VerbEnd> {
  const runner = createRunner();
  try {
    return await optimizeWith(runner, flags, context, threads);
  } finally {
    await runner.dispose();
  }
}

async function optimizeWith(
  runner: Runner,
  flags: OptimizeFlags,
  { output, signal, now }: VerbContext,
  threads: number,
): Promise<VerbEnd> {
  const machine = describeMachine();
  const started = now();
  const { optimizee, steps, seeds, seed, out } = flags;
  const horizons = horizonsOf(flags);
  const request = requestOf(flags);
  const task: Task = { optimizee, data: request("test"), batch: flags.batch, steps, checkpoints: checkpointsOf(steps, horizons) }; // biome-ignore format: one line
  // Everything that can be wrong is found before the first run.
  const ids = new Map<string, string | undefined>();
  for (const choice of flags.optimizers) ids.set(choice.label, await checkOptimizer(choice));
  const { optimizee: opened } = await runner.open(task);
  const images = task.data && (await runner.openData(task.data));

  const names = flags.tune === true ? namesToTune(flags.optimizers) : [];
  const rates = ratesOf(flags.rates);
  const tuneSeeds = seedsOf(seed, 2, flags.tuneSeeds);
  const fixed = flags.optimizers.filter((choice) => !isTuned(choice, names));
  const total = steps * (fixed.length * seeds + names.length * runsToTune(flags, rates.length, horizons.length)); // biome-ignore format: one line
  const progress = output.progress("optimize", total);
  let done = 0;
  const run: RunAllOptions = {
    runner,
    files: out === undefined ? undefined : createRunFiles(out),
    threads,
    signal,
    now,
    onSteps(more) {
      done += more;
      progress.update(Math.min(done, total), "steps");
    },
  };
  const { tunings, failures: tuneFailures } =
    names.length === 0
      ? { tunings: [], failures: [] }
      : await tuneRates({
          names,
          rates,
          horizons,
          seeds: tuneSeeds,
          narrow: flags.narrow,
          task: { ...task, data: request("validation"), checkpoints: [0, ...horizons] },
          dataId: images?.id,
          run,
        });
  const choices = flags.optimizers.flatMap((choice) =>
    isTuned(choice, names) ? tunedChoices(choice.name, tunings) : [{ choice }],
  );
  const keys = seedsOf(seed, 1, seeds).flatMap((runSeed) =>
    choices.map(
      ({ choice }): RunKey => ({
        job: { task, optimizer: choice, seed: runSeed },
        dataId: images?.id,
        optimizerId: ids.get(choice.label),
      }),
    ),
  );
  const outcomes = signal.aborted ? [] : await runAll(keys, run);
  progress.finish();

  const failures = [...tuneFailures, ...outcomes.flatMap(failureOf)];
  const result: OptimizeResult = {
    verb: "optimize",
    status: signal.aborted ? "interrupted" : failures.length > 0 ? "failed" : "done",
    optimizee,
    parameters: opened.layout.total,
    ...(task.data && { data: dataName(task.data), pool: flags.pool, batch: flags.batch }),
    held_out: heldOutText(images?.heldOut.count, task.data),
    steps,
    horizons,
    seeds,
    seed,
    rows: choices.flatMap(({ choice, tunedFor }) => rowOf(choice, tunedFor, outcomes)),
    ...(names.length > 0 && {
      tuning: tunings.map((tuning) => ({ ...tuning, seeds: flags.tuneSeeds, narrow: flags.narrow })),
    }),
    failures,
    ...machine,
    wall_s: Number(((now() - started) / 1000).toFixed(1)),
  };
  if (out !== undefined) {
    await writeFileAtomic(join(out, "optimize.json"), `${JSON.stringify(result, null, 1)}\n`);
    await writeFileAtomic(join(out, "curves.svg"), drawOptimize(result, flags.logX === true));
  }
  output.object(result);
  output.text(optimizeText(result));
  for (const failure of failures) output.log(`optimize: ${failure}`);
  if (signal.aborted)
    output.log(`optimize: interrupted${out === undefined ? "" : `; the same command goes on in ${out}`}`);
  return result.status === "done" ? "done" : "failed";
}

function horizonsOf({ horizons, steps }: OptimizeFlags): number[] {
  const beyond = horizons?.find((horizon) => horizon > steps);
  if (beyond !== undefined) throw new ConfigError(`horizon is ${beyond}, expected at most --steps, ${steps}`);
  return horizons?.slice() ?? [...USUAL_HORIZONS.filter((horizon) => horizon < steps), steps];
}

/** 0, 1, 2, 5, 10, 20, 50, ..., the horizons and the end. */
function checkpointsOf(steps: number, horizons: readonly number[]): number[] {
  const found = new Set([0, steps, ...horizons]);
  for (let decade = 1; decade <= steps; decade *= 10)
    for (const times of [1, 2, 5]) if (times * decade <= steps) found.add(times * decade);
  return [...found].sort((a, b) => a - b);
}

function requestOf({ optimizee, data, pool, testImages }: OptimizeFlags) {
  const most = testImages ?? Number.MAX_SAFE_INTEGER;
  return (heldOut: DataRequest["heldOut"]): DataRequest | undefined =>
    OPTIMIZEES[optimizee]?.needsDigits ? { data, pool, heldOut, most } : undefined;
}

/** Opens an optimizer once. @returns what tells its file's content from others */
async function checkOptimizer(choice: OptimizerChoice): Promise<string | undefined> {
  await openChoice(choice);
  if (choice.kind === "classic") return undefined;
  const bytes = await readFile(choice.file);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** Purpose 1: the runs that are reported, 2: those that choose rates. */
function seedsOf(seed: number, purpose: 1 | 2, count: number): number[] {
  return Array.from({ length: count }, (_, k) => hashSeed(hashSeed(seed, purpose), k));
}

/** At most so many runs per optimizer without a rate: those that choose it, and those with the rates chosen. */
function runsToTune({ seeds, tuneSeeds, narrow }: OptimizeFlags, rates: number, horizons: number): number {
  const wide = narrow === undefined ? tuneSeeds : 1;
  const kept = narrow === undefined ? 0 : Math.min(rates, narrow * horizons);
  return rates * wide + kept * (tuneSeeds - wide) + Math.min(rates, horizons) * seeds;
}

function namesToTune(choices: readonly OptimizerChoice[]): string[] {
  return choices.flatMap((choice) =>
    choice.kind === "classic" && choice.learningRate === undefined ? [choice.name] : [],
  );
}

function isTuned(
  choice: OptimizerChoice,
  names: readonly string[],
): choice is OptimizerChoice & { kind: "classic" } {
  return choice.kind === "classic" && choice.learningRate === undefined && names.includes(choice.name);
}

type Chosen = { readonly choice: OptimizerChoice; readonly tunedFor?: readonly number[] };

/** Each rate that is the best after some horizon, once. */
function tunedChoices(name: string, tunings: readonly Tuning[]): Chosen[] {
  const byRate = new Map<number, number[]>();
  for (const [horizon, { rate }] of Object.entries(
    tunings.find(({ optimizer }) => optimizer === name)?.best ?? {},
  ))
    byRate.set(rate, [...(byRate.get(rate) ?? []), Number(horizon)]);
  return [...byRate].map(([rate, tunedFor]) => ({ choice: withRate(name, rate), tunedFor }));
}

function rowOf(
  choice: OptimizerChoice,
  tunedFor: readonly number[] | undefined,
  outcomes: readonly Outcome[],
): OptimizeRow[] {
  const runs = outcomes.flatMap(({ key, record }) =>
    key.job.optimizer.label === choice.label && record !== undefined ? [record] : [],
  );
  if (runs.length === 0) return [];
  const learningRate = choice.kind === "classic" ? choice.learningRate : undefined;
  return [
    {
      optimizer: choice.label,
      ...(learningRate !== undefined && { learning_rate: learningRate }),
      ...(tunedFor !== undefined && { tuned_for: tunedFor }),
      ...summarizeRuns(runs),
    },
  ];
}

function failureOf({ key, failure }: Outcome): string[] {
  return failure === undefined ? [] : [`${key.job.optimizer.label}: ${failure}`];
}

/** A folder by its last part: results do not depend on where it lies. */
function dataName({ data }: DataRequest): string {
  return basename(data);
}

function heldOutText(count: number | undefined, data: DataRequest | undefined): string {
  if (count === undefined || data === undefined) return "the function itself";
  return data.most < Number.MAX_SAFE_INTEGER
    ? `the first ${count} test images`
    : `the whole test set, ${count} images`;
}
