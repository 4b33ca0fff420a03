import { ConfigError, checkCount, checkKeys, checkPositive } from "../../base/index.ts";
import type { MetaReport, MetaState, MetaTrainer } from "./meta-trainer.ts";

/** How long to meta-train: until the first of these is used up. Learning rate and length of runs go by it. */
export type MetaBudget = {
  /** Meta-updates. */
  readonly steps?: number;
  /** Time spent, validation included; the way of the weights then depends on it. [min] */
  readonly minutes?: number;
};

/** Why meta-training ended. */
export type MetaEnd = "budget" | "patience" | "interrupted" | "nonFinite";

export type MetaBest = {
  readonly step: number;
  /** Of the validation, the smaller the better. */
  readonly score: number;
  /** (P) */
  readonly weights: Float32Array;
};

/** Where a run is. */
export type MetaPosition = {
  /** Meta-updates done. */
  readonly step: number;
  /** Seconds so far, those of earlier runs included. */
  readonly seconds: number;
  readonly best?: MetaBest;
  /** Validations since. */
  readonly sinceBest: number;
  /** The update of the last validation; -1: none yet. */
  readonly validated: number;
};

/** All that a run needs to go on exactly. */
export type MetaSnapshot = { readonly position: MetaPosition; readonly trainer: MetaState };

/** What is told after every meta-update. */
export type MetaProgress = MetaReport & {
  /** Meta-updates done. */
  readonly step: number;
  readonly seconds: number;
  /** Share of the budget that is used up. */
  readonly used: number;
  /** Meta-updates per second since this run began, validation and checkpoints not counted. */
  readonly perSecond: number;
};

export type MetaCadence = { readonly steps?: number; readonly seconds?: number };

export type MetaRun = {
  readonly trainer: MetaTrainer;
  readonly budget: MetaBudget;
  /** Validations in a row without a better one after which training ends; 0: never. */
  readonly patience: number;
  /** Goes on from here; the trainer is restored from it. */
  readonly from?: MetaSnapshot;
  /** Whether the first weights are validated too, since they may be the best. */
  readonly validateFirst?: boolean;
  /** Monotonic clock. [s] */
  readonly clock: () => number;
  readonly validateEvery: MetaCadence;
  readonly saveEvery: MetaCadence;
  /** @returns the score of these weights, to be made small; NaN counts as infinite. (P) */
  validate(weights: Float32Array, position: MetaPosition): Promise<number>;
  save(snapshot: MetaSnapshot): Promise<void>;
  onStep?(progress: MetaProgress): void;
  /** Ends the run after the meta-update under way; a validation under way should throw. */
  readonly signal?: AbortSignal;
};

export type MetaResult = { readonly end: MetaEnd; readonly position: MetaPosition };

/** So many meta-updates in a row left out end a run: it does not recover from that. */
const MOST_SKIPPED = 20;

/** @throws ConfigError for a budget without an end */
export function checkMetaBudget(budget: MetaBudget): void {
  checkKeys("budget", budget, ["steps", "minutes"]);
  const { steps, minutes } = budget;
  if (steps === undefined && minutes === undefined)
    throw new ConfigError("budget is empty, expected steps or minutes");
  if (steps !== undefined) checkCount("steps", steps, 1);
  if (minutes !== undefined) checkPositive("minutes", minutes);
}

/**
 * Meta-trains until the budget is used up, validation does not get better any more, or the signal says so. With
 * a budget of steps the way of the weights depends on their number alone: a run that goes on from a snapshot
 * goes the way it would have gone.
 */
export async function runMetaTraining(run: MetaRun): Promise<MetaResult> {
  const { trainer, budget, patience, clock, signal, validateEvery, saveEvery } = run;
  checkMetaBudget(budget);
  checkCount("patience", patience, 0);
  if (run.from !== undefined) trainer.restore(run.from.trainer);
  const begin = run.from?.position ?? START;
  let { best, sinceBest, validated } = begin;
  const firstStep = trainer.step();
  const started = clock();
  let idle = 0; // seconds spent validating and saving
  let skipped = 0;
  let lastSaved = started;
  let lastValidated = started;
  const seconds = (): number => begin.seconds + clock() - started;
  const position = (): MetaPosition => ({
    step: trainer.step(),
    seconds: seconds(),
    best,
    sinceBest,
    validated,
  });
  const used = (): number =>
    Math.max(
      budget.steps === undefined ? 0 : trainer.step() / budget.steps,
      budget.minutes === undefined ? 0 : seconds() / (60 * budget.minutes),
    );
  const isDue = ({ steps, seconds: pause }: MetaCadence, last: number): boolean =>
    (steps !== undefined && trainer.step() % steps === 0) || (pause !== undefined && clock() - last >= pause);

  const save = async (): Promise<void> => {
    await run.save({ position: position(), trainer: await trainer.save() });
    lastSaved = clock();
  };
  const validate = async (): Promise<void> => {
    const weights = trainer.weights();
    const found = await run.validate(weights, position());
    const score = Number.isNaN(found) ? Infinity : found;
    validated = trainer.step();
    if (score < (best?.score ?? Infinity)) {
      best = { step: validated, score, weights };
      sinceBest = 0;
    } else sinceBest++;
    lastValidated = clock();
  };
  const apart = async (task: () => Promise<void>): Promise<void> => {
    const from = clock();
    await task();
    idle += clock() - from;
  };

  const loop = async (): Promise<MetaEnd> => {
    // What was interrupted before a validation that was due makes up for it.
    const { steps } = validateEvery;
    const isMissing = steps !== undefined && firstStep > 0 && firstStep % steps === 0;
    if (validated < firstStep && (isMissing || (firstStep === 0 && run.validateFirst === true)))
      await apart(validate);
    while (used() < 1) {
      if (signal?.aborted === true) return "interrupted";
      const share = used();
      const report = await trainer.update(share);
      skipped = report.skipped ? skipped + 1 : 0;
      const busy = Math.max(1e-9, clock() - started - idle);
      const perSecond = (trainer.step() - firstStep) / busy;
      run.onStep?.({ ...report, step: trainer.step(), seconds: seconds(), used: share, perSecond });
      if (skipped >= MOST_SKIPPED) return "nonFinite";
      if (isDue(validateEvery, lastValidated)) {
        await apart(validate);
        if (patience > 0 && sinceBest >= patience) return "patience";
      }
      if (isDue(saveEvery, lastSaved)) await apart(save);
    }
    return "budget";
  };
  let end: MetaEnd;
  try {
    end = await loop();
    if (end !== "interrupted" && validated !== trainer.step()) await validate();
  } catch (error) {
    if (signal?.aborted !== true) {
      await save().catch(() => {}); // what was learnt is not lost, and the first error is the one to tell
      throw error;
    }
    end = "interrupted";
  }
  await save();
  return { end, position: position() };
}

const START: MetaPosition = { step: 0, seconds: 0, sinceBest: 0, validated: -1 };
