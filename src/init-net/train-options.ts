import {
  ConfigError,
  check,
  checkCount,
  checkDecay,
  checkName,
  checkNotNegative,
  checkPositive,
  checkWithin,
  type RunBudget,
} from "../base/index.ts";
import type { LearnedChoice } from "./learned-rule.ts";
import { DEFAULT_LOSS, type LossOptions } from "./net-loss.ts";

/** How long to train: until the first of these is used up. The learning rate falls over it. */
export type TrainBudget = RunBudget & {
  /** Passes through the training examples. */ readonly epochs?: number;
};

/** How the learning rate goes after its rise: down by a cosine over the budget, or not at all. */
export const TRAIN_SCHEDULES = ["cosine", "constant"] as const;
export type TrainSchedule = (typeof TRAIN_SCHEDULES)[number];

/** How a network is trained. */
export type TrainOptions = {
  /** Name of an optimizer of `src/optim`, or of the learned one. */
  readonly optimizer: string;
  /** Where the optimizer is a learned one. */
  readonly learned?: LearnedChoice;
  /** Largest learning rate, > 0; of Adam's part where the optimizer is a learned one. */
  readonly learningRate: number;
  readonly schedule: TrainSchedule;
  /** Decoupled weight decay of matrices, >= 0; only with adamw. */
  readonly weightDecay: number;
  /** Longer gradients are shortened to this norm, > 0. */
  readonly clipNorm: number;
  /** Updates over which the learning rate rises. */
  readonly warmup: number;
  /** Share of the largest learning rate that the cosine ends at. */
  readonly lastRate: number;
  /** Examples per update, >= 1. */
  readonly batch: number;
  /** Share of the averaged weights that stays at every update, in [0, 1); they are what is tested and written. */
  readonly ema: number;
  /** Whether examples are mirrored by chance, which doubles the data. */
  readonly mirror: boolean;
  /** By kind of scene, how often it is drawn; empty: as often as it occurs. */
  readonly kindWeights: Readonly<Record<string, number>>;
  readonly loss: LossOptions;
  readonly budget: TrainBudget;
  /** Validations in a row without a better one after which training ends; 0: never. */
  readonly patience: number;
  readonly seed: number;
};

export const DEFAULT_TRAIN_OPTIONS: TrainOptions = {
  optimizer: "adamw",
  learningRate: 1e-3,
  schedule: "cosine",
  weightDecay: 0.01,
  clipNorm: 1,
  warmup: 300,
  lastRate: 0.01,
  batch: 64,
  ema: 0.999,
  mirror: true,
  kindWeights: {},
  loss: DEFAULT_LOSS,
  budget: { minutes: 60 },
  patience: 0,
  seed: 0,
};

/** Fills in the defaults. @throws ConfigError naming the option, what was got and what is legal */
export function resolveTrainOptions(given: Partial<TrainOptions> = {}): TrainOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const o: TrainOptions = { ...DEFAULT_TRAIN_OPTIONS, ...set };
  checkPositive("learningRate", o.learningRate);
  checkNotNegative("weightDecay", o.weightDecay);
  check("clipNorm", o.clipNorm, o.clipNorm > 0, "a number > 0");
  checkCount("warmup", o.warmup, 0);
  checkWithin("lastRate", o.lastRate, 0, 1);
  checkCount("batch", o.batch, 1);
  checkDecay("ema", o.ema);
  checkCount("patience", o.patience, 0);
  checkName("schedule", o.schedule, TRAIN_SCHEDULES);
  const { steps, minutes, epochs } = o.budget;
  if (steps === undefined && minutes === undefined && epochs === undefined)
    throw new ConfigError("budget is empty, expected steps, minutes or epochs");
  if (steps !== undefined) checkCount("steps", steps, 1);
  for (const [name, value] of Object.entries({ minutes, epochs }))
    if (value !== undefined) check(name, value, value > 0, "a number > 0");
  for (const [kind, weight] of Object.entries(o.kindWeights)) checkNotNegative(`weight of ${kind}`, weight);
  return o;
}

/** A budget with its passes through the examples told as updates. */
export function runBudgetOf({ steps, minutes, epochs }: TrainBudget, stepsPerEpoch: number): RunBudget {
  const passes = epochs === undefined ? Infinity : Math.max(1, Math.round(epochs * stepsPerEpoch));
  const most = Math.min(steps ?? Infinity, passes);
  return { steps: most === Infinity ? undefined : most, minutes };
}

/**
 * The share of the largest learning rate at a step: a linear rise, and with the schedule "cosine" half a cosine
 * down to `lastRate` over the budget. It multiplies the optimizer's updates, so that it serves every optimizer alike.
 */
export function rateFactor({ schedule, warmup, lastRate }: TrainOptions, step: number, used: number): number {
  const rise = step < warmup ? (step + 1) / warmup : 1;
  if (schedule === "constant") return rise;
  const fall = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, used)));
  return rise * (lastRate + (1 - lastRate) * fall);
}
