import { ConfigError, hashSeed } from "../../base/index.ts";
import { type DataRequest, findTask, TASK_OPTIONS, type TaskOptions } from "../../node/index.ts";
import { MLP_DEFAULTS, OPTIMIZEES } from "../../optim/index.ts";
import { takesRate } from "../../rules/index.ts";
import { type ClassicChoice, type OptimizerChoice, withHorizon, withRate } from "./optimizer-list.ts";
import type { RateGrid, RateTuning } from "./tune-rates.ts";

/** The flags of `mnemosyne optimize` as they were given. */
export type OptimizeFlags = {
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly optimizee: string;
  readonly optimizers: readonly OptimizerChoice[];
  /** The task's own where it is not said, MNIST for images. */
  readonly data?: string;
  readonly pool: number;
  readonly steps: number;
  readonly horizons?: readonly number[];
  readonly seeds: number;
  readonly batch?: number;
  readonly testImages?: number;
  readonly threads?: number;
  readonly tune?: boolean;
  readonly fair?: boolean;
  readonly rates: RateGrid;
  readonly tuneSeeds: number;
  readonly narrow?: number;
  readonly searchSteps?: number;
  readonly logX?: boolean;
  readonly exportStep?: string;
  readonly save?: string;
} & TaskOptions;

/** Horizons of the published comparisons. */
const USUAL_HORIZONS = [100, 500, 2000] as const;

/** Numbers of steps to tune for and to show, rising. @throws ConfigError for one beyond the end */
export function horizonsOf({ horizons, steps }: OptimizeFlags): number[] {
  const beyond = horizons?.find((horizon) => horizon > steps);
  if (beyond !== undefined) throw new ConfigError(`horizon is ${beyond}, expected at most --steps, ${steps}`);
  return horizons?.slice() ?? [...USUAL_HORIZONS.filter((horizon) => horizon < steps), steps];
}

/** The steps after which a run is judged: 0, 1, 2, 5, 10, 20, 50, ..., the horizons and the end. */
export function checkpointsOf(steps: number, horizons: readonly number[]): number[] {
  const found = new Set([0, steps, ...horizons]);
  for (let decade = 1; decade <= steps; decade *= 10)
    for (const times of [1, 2, 5]) if (times * decade <= steps) found.add(times * decade);
  return [...found].sort((a, b) => a - b);
}

/** The data to judge by, test or validation; none for functions. */
export function requestOf({ optimizee, data, pool, testImages, ...flags }: OptimizeFlags) {
  const most = testImages ?? Number.MAX_SAFE_INTEGER;
  const given = TASK_OPTIONS.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  const options = given.length > 0 && { options: Object.fromEntries(given) as TaskOptions };
  const task = findTask(optimizee);
  const needsData = task !== undefined || OPTIMIZEES[optimizee]?.needsDigits;
  return (heldOut: DataRequest["heldOut"]): DataRequest | undefined =>
    needsData || options
      ? { data: flags.text ?? data ?? task?.data ?? "mnist", pool, heldOut, most, ...options }
      : undefined;
}

/** Examples per step: as given, or what the task has. */
export function batchOf({ optimizee, batch }: OptimizeFlags): number {
  return batch ?? findTask(optimizee)?.batch ?? MLP_DEFAULTS.batch;
}

const PURPOSES = { report: 1, tune: 2 } as const;

/** Seeds of the runs that are reported, or of those that choose rates: never the same. */
export function seedsOf(seed: number, purpose: keyof typeof PURPOSES, count: number): number[] {
  return Array.from({ length: count }, (_, k) => hashSeed(hashSeed(seed, PURPOSES[purpose]), k));
}

/**
 * The number of runs that tuning takes at most: per optimizer without a rate those that choose it, and those with
 * the rates chosen.
 */
export function runsToTune(
  { seeds, tuneSeeds, narrow }: OptimizeFlags,
  rates: number,
  horizons: number,
): number {
  const wide = narrow === undefined ? tuneSeeds : 1;
  const kept = narrow === undefined ? 0 : Math.min(rates, narrow * horizons);
  return rates * wide + kept * (tuneSeeds - wide) + Math.min(rates, horizons) * seeds;
}

/** Names of the optimizers whose rates are to be chosen: those that were given none. */
export function namesToTune({ tune, optimizers }: OptimizeFlags): string[] {
  return tune === true ? optimizers.flatMap((choice) => (isOpen(choice) ? [choice.name] : [])) : [];
}

export function isOpen(choice: OptimizerChoice): choice is ClassicChoice {
  return choice.kind === "classic" && choice.learningRate === undefined && takesRate(choice.name);
}

/** An optimizer of the final runs, and the horizons after which its rate was the best. */
export type Contestant = { readonly choice: OptimizerChoice; readonly tunedFor?: readonly number[] };

/** Who runs: in place of an optimizer that was tuned each of its best rates, everyone once. */
export function contestantsOf(
  { optimizers, steps }: OptimizeFlags,
  names: readonly string[],
  tunings: readonly RateTuning[],
): Contestant[] {
  const found = new Map<string, Contestant>();
  for (const choice of optimizers) {
    const all = isOpen(choice) && names.includes(choice.name) ? tunedChoices(choice.name, tunings) : [{ choice: withHorizon(choice, steps) }]; // biome-ignore format: one line
    for (const one of all) {
      const { label } = one.choice;
      // A rate that was given may also be the best.
      found.set(label, { ...found.get(label), ...one });
    }
  }
  return [...found.values()];
}

/** Each rate that is the best after some horizon, once. */
function tunedChoices(name: string, tunings: readonly RateTuning[]): Contestant[] {
  const best = tunings.find(({ optimizer }) => optimizer === name)?.best ?? {};
  const byRate = new Map<number, number[]>();
  for (const [horizon, { rate }] of Object.entries(best))
    byRate.set(rate, [...(byRate.get(rate) ?? []), Number(horizon)]);
  return [...byRate].map(([rate, tunedFor]) => ({ choice: withRate(name, rate), tunedFor }));
}
