import {
  type RunBudget,
  type RunPosition,
  type RunProgress,
  type RunResult,
  type RunSchedule,
  runBudgeted,
} from "../../base/index.ts";
import type { MetaReport, MetaState, MetaTrainer } from "./meta-trainer.ts";

/** All that a run of meta-training needs to go on exactly. */
export type MetaSnapshot = { readonly position: RunPosition; readonly trainer: MetaState };

/** What is told after every meta-update. */
export type MetaProgress = MetaReport & RunProgress;

/** A run of meta-training; learning rate and length of runs go by its budget. */
export type MetaRun = RunSchedule & {
  readonly trainer: MetaTrainer;
  readonly budget: RunBudget;
  /** Validations in a row without a better one after which training ends; 0: never. */
  readonly patience: number;
  /** Goes on from here; the trainer is restored from it. */
  readonly from?: MetaSnapshot;
  /** Whether the first weights are validated too, since they may be the best. */
  readonly validateFirst?: boolean;
  /** @returns the score of these weights, to be made small; NaN counts as infinite. (P) */
  validate(weights: Float32Array, position: RunPosition): Promise<number>;
  save(snapshot: MetaSnapshot): Promise<void>;
  onStep?(progress: MetaProgress): void;
};

/**
 * Meta-trains until the budget is used up, validation does not get better any more, or the signal says so. With
 * a budget of steps the way of the weights depends on their number alone: a run that goes on from a snapshot
 * goes the way it would have gone.
 */
export async function runMetaTraining(run: MetaRun): Promise<RunResult> {
  const { trainer, from, save, ...rest } = run;
  if (from !== undefined) trainer.restore(from.trainer);
  return runBudgeted({
    ...rest,
    from: from?.position,
    update: (_, used) => trainer.update(used),
    weights: () => trainer.weights(),
    save: async (position) => save({ position, trainer: await trainer.save() }),
  });
}
