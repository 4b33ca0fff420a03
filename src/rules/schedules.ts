import { ConfigError, checkCount, checkKeys, checkName, checkNotNegative } from "../base/index.ts";

/** A learning rate as a pure function of the number of updates done before, 0, 1, ... */
export type Schedule = (step: number) => number;

/** The same rate at every step. */
export function constantSchedule(learningRate: number): Schedule {
  checkNotNegative("learningRate", learningRate);
  return () => learningRate;
}

/**
 * Linear warm-up in front of another schedule, which keeps its own clock:
 *
 *     rate(t) = (t + 1) / steps * schedule(t)    t < steps,    schedule(t) after
 *
 * @param steps length of the warm-up, an integer >= 0; its last step has the full rate
 */
export function warmupSchedule(schedule: Schedule, steps: number): Schedule {
  checkCount("warmup", steps, 0);
  return (step) => (step < steps ? ((step + 1) / steps) * schedule(step) : schedule(step));
}

/**
 * Half a cosine from `learningRate` down to `last`, which then stays:
 *
 *     rate(t) = last + (learningRate - last) (1 + cos(pi min(t, steps) / steps)) / 2
 *
 * @param steps an integer >= 1
 *
 * Source: Loshchilov and Hutter 2017 (SGDR), equation 5, without restarts.
 */
export function cosineSchedule(learningRate: number, steps: number, last = 0): Schedule {
  checkNotNegative("learningRate", learningRate);
  checkNotNegative("last", last);
  checkCount("steps", steps, 1);
  return (step) =>
    last + 0.5 * (learningRate - last) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}

/**
 * A staircase: `rate(t) = learningRate * factor^floor(t / every)`.
 *
 * @param every steps from stair to stair, an integer >= 1
 * @param factor > 0
 */
export function stepSchedule(learningRate: number, every: number, factor = 0.1): Schedule {
  checkNotNegative("learningRate", learningRate);
  checkCount("every", every, 1);
  if (!(factor > 0 && factor < Infinity)) throw new ConfigError(`factor is ${factor}, expected a number > 0`);
  return (step) => learningRate * factor ** Math.floor(step / every);
}

/** A schedule by name, as a command line or a saved training run gives it. */
export type ScheduleOptions = {
  /** One of {@link SCHEDULES}; default "constant". */
  readonly schedule?: string;
  readonly learningRate: number;
  /** Linear warm-up in front. [updates] */
  readonly warmup?: number;
  /** Length of the whole run, for "cosine". [updates] */
  readonly steps?: number;
  /** Rate at the end, for "cosine"; default 0. */
  readonly last?: number;
  /** Updates from stair to stair, for "step". */
  readonly every?: number;
  /** Factor from stair to stair, for "step"; default 0.1. */
  readonly factor?: number;
};

/** The schedules that {@link getSchedule} knows, each made from {@link ScheduleOptions}. */
export const SCHEDULES: Readonly<Record<string, (options: ScheduleOptions) => Schedule>> = {
  constant: ({ learningRate }) => constantSchedule(learningRate),
  cosine: ({ learningRate, steps, last }) =>
    cosineSchedule(learningRate, needed("cosine", "steps", steps), last),
  step: ({ learningRate, every, factor }) =>
    stepSchedule(learningRate, needed("step", "every", every), factor),
};

/** The schedule that the options name, warm-up included. @throws ConfigError that lists what is legal */
export function getSchedule(options: ScheduleOptions): Schedule {
  const { schedule: name = "constant", warmup = 0 } = options;
  checkName("schedule", name, Object.keys(SCHEDULES));
  checkKeys("schedule", options, ["schedule", "learningRate", "warmup", "steps", "last", "every", "factor"]);
  const schedule = SCHEDULES[name](options);
  return warmup === 0 ? schedule : warmupSchedule(schedule, warmup);
}

function needed(schedule: string, name: string, value: number | undefined): number {
  if (value === undefined) throw new ConfigError(`schedule "${schedule}" needs ${name}, an integer >= 1`);
  return value;
}
