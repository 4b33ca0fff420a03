import {
  type RunPosition,
  type RunProgress,
  type RunResult,
  type RunSchedule,
  runBudgeted,
} from "../base/index.ts";
import type { PlainData } from "../rules/index.ts";
import type { BatchSampler } from "./batch-sampler.ts";
import type { ExampleDraw } from "./feature-set.ts";
import type { StepReport, TrainEngine } from "./train-engine.ts";
import { rateFactor, runBudgetOf, type TrainOptions } from "./train-options.ts";

/** All that a run of training needs to go on exactly; what a checkpoint holds. */
export type TrainSnapshot = { readonly position: RunPosition; readonly engine: PlainData };

/** What is told after every update. */
export type TrainProgress = StepReport &
  Omit<RunProgress, "perSecond"> & {
    /** Share of the largest learning rate. */
    readonly rate: number;
    /** Examples through the network since this run began, per second of gradients and updates. */
    readonly perSecond: number;
  };

/** A run of training. */
export type TrainRun = RunSchedule & {
  readonly options: TrainOptions;
  readonly engine: TrainEngine;
  readonly sampler: BatchSampler;
  /** Goes on from here; the engine is restored from it. */
  readonly from?: TrainSnapshot;
  /** Judges the averaged weights. @returns what is to be made small; NaN where there is nothing to judge by. (total) */
  validate(weights: Float32Array, position: RunPosition): Promise<number>;
  save(snapshot: TrainSnapshot): Promise<void>;
  onStep?(progress: TrainProgress): void;
};

/**
 * Trains until the budget is used up, validation does not get better any more, or the signal says so. The way
 * of the parameters depends on the number of updates alone (with `minutes`, the learning rate also on time): a
 * run that goes on from a snapshot goes the way it would have gone.
 */
export async function train(run: TrainRun): Promise<RunResult> {
  const { options, engine, sampler, from, onStep, clock, validateEvery, saveEvery, signal } = run;
  if (from !== undefined) await engine.restore(from.engine);
  const draw = (step: number): ExampleDraw => {
    const examples = new Uint32Array(options.batch);
    const mirrors = new Uint8Array(options.batch);
    sampler.draw(step, examples, mirrors);
    return { examples, mirrors };
  };
  let next = draw(from?.position.step ?? 0);
  return runBudgeted({
    clock,
    validateEvery,
    saveEvery,
    signal,
    budget: runBudgetOf(options.budget, sampler.stepsPerEpoch),
    patience: options.patience,
    from: from?.position,
    async update(step, used) {
      const now = next;
      next = draw(step + 1);
      const rate = rateFactor(options, step, used);
      return { ...(await engine.step(now, rate, next)), rate };
    },
    weights: () => engine.average(),
    async validate(weights, position) {
      const found = await run.validate(weights, position);
      return Number.isNaN(found) ? undefined : found;
    },
    save: async (position) => run.save({ position, engine: await engine.save() }),
    onStep: (report) => onStep?.({ ...report, perSecond: report.perSecond * options.batch }),
  });
}
