import {
  type BudgetedRun,
  type RunPosition,
  type RunProgress,
  type RunResult,
  runBudgeted,
} from "../../base/index.ts";
import type { MetaReport, MetaState, MetaTrainer } from "./meta-trainer.ts";

/** All that a run of meta-training needs to go on exactly. */
export type MetaSnapshot = { readonly position: RunPosition; readonly trainer: MetaState };

/** What is told after every meta-update. */
export type MetaProgress = MetaReport & RunProgress;

/** A run of meta-training; learning rate and length of runs go by its budget. */
export type MetaRun = Omit<BudgetedRun<MetaReport>, "from" | "update" | "weights" | "save"> & {
  readonly trainer: MetaTrainer;
  /** Goes on from here; the trainer is restored from it. */
  readonly from?: MetaSnapshot;
  save(snapshot: MetaSnapshot): Promise<void>;
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
