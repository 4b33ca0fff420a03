import type { PlainData } from "../rules/index.ts";
import type { BatchSampler } from "./batch-sampler.ts";
import type { Draw } from "./example-runner.ts";
import type { StepReport, TrainEngine } from "./train-engine.ts";
import { budgetUsed, rateFactor, type TrainOptions } from "./train-options.ts";

/** Why training ended. */
export const TRAIN_ENDS = ["budget", "patience", "interrupted", "nonFinite"] as const;
export type TrainEnd = (typeof TRAIN_ENDS)[number];

/** Where a run is; what a checkpoint holds beside the engine's state. */
export type TrainPosition = {
  /** Updates done. */
  readonly step: number;
  /** Seconds trained, those of earlier runs included. */
  readonly seconds: number;
  /** The best validation so far. */
  readonly best?: TrainBest;
  /** Validations since. */
  readonly sinceBest: number;
};

export type TrainBest = {
  readonly step: number;
  /** What is made small. */
  readonly metric: number;
  /** (total) the averaged weights. */
  readonly parameters: Float32Array;
};

export type TrainSnapshot = { readonly position: TrainPosition; readonly engine: PlainData };

/** What is told after every update. */
export type TrainProgress = StepReport & {
  /** Updates done. */
  readonly step: number;
  readonly seconds: number;
  /** Share of the largest learning rate. */
  readonly rate: number;
  /** Share of the budget that is used up. */
  readonly used: number;
  /** Examples through the network since this run began, per second of gradients and updates. */
  readonly perSecond: number;
};

/** How often something is done. */
export type Cadence = { readonly steps?: number; readonly seconds?: number };

export type TrainRun = {
  readonly options: TrainOptions;
  readonly engine: TrainEngine;
  readonly sampler: BatchSampler;
  /** Goes on from here; the engine is restored from it. */
  readonly from?: TrainSnapshot;
  /** Monotonic clock. [s] */
  readonly clock: () => number;
  readonly validateEvery: Cadence;
  readonly saveEvery: Cadence;
  /** Judges the averaged weights. @returns what is to be made small; NaN where there is nothing to judge by */
  validate(position: TrainPosition): Promise<number>;
  save(snapshot: TrainSnapshot): Promise<void>;
  onStep?(progress: TrainProgress): void;
  /** Ends the run after the update under way. */
  readonly signal?: AbortSignal;
};

export type TrainResult = { readonly end: TrainEnd; readonly position: TrainPosition };

/** So many updates in a row left out end a run: it does not recover from that. */
const MOST_SKIPPED = 20;

/**
 * Trains until the budget is used up, validation does not get better any more, or the signal says so. The way
 * of the parameters depends on the number of updates alone (with `minutes`, the learning rate also on time): a
 * run that goes on from a snapshot goes the way it would have gone.
 */
export async function train(run: TrainRun): Promise<TrainResult> {
  const { options, engine, sampler, clock, signal, validateEvery, saveEvery } = run;
  if (run.from !== undefined) await engine.restore(run.from.engine);
  const begin = run.from?.position ?? START;
  let { step, best, sinceBest } = begin;
  const firstStep = step;
  const started = clock();
  let idle = 0; // seconds spent validating and saving
  let skipped = 0;
  const seconds = (): number => begin.seconds + clock() - started;
  const position = (): TrainPosition => ({ step, seconds: seconds(), best, sinceBest });
  const used = (): number => budgetUsed(options.budget, step, seconds(), sampler.stepsPerEpoch);
  const saved = createReminder(saveEvery, clock);
  const validated = createReminder(validateEvery, clock);
  let lastValidated = step === 0 ? -1 : step;

  const draw = (at: number): Draw => {
    const examples = new Uint32Array(options.batch);
    const mirrors = new Uint8Array(options.batch);
    sampler.draw(at, examples, mirrors);
    return { examples, mirrors };
  };
  const save = async (): Promise<void> => {
    await run.save({ position: position(), engine: await engine.save() });
    saved.done();
  };
  const validate = async (): Promise<void> => {
    const metric = await run.validate(position());
    if (Number.isNaN(metric)) {
      // nothing was held out
    } else if (best === undefined || metric < best.metric) {
      best = { step, metric, parameters: await engine.average() };
      sinceBest = 0;
    } else sinceBest++;
    lastValidated = step;
    validated.done();
  };
  const apart = async (task: () => Promise<void>): Promise<void> => {
    const from = clock();
    await task();
    idle += clock() - from;
  };

  let next = draw(step);
  const loop = async (): Promise<TrainEnd> => {
    while (used() < 1) {
      if (signal?.aborted === true) return "interrupted";
      const now = next;
      next = draw(step + 1);
      const share = used();
      const rate = rateFactor(options, step, share);
      const report = await engine.step(now, rate, next);
      step++;
      skipped = report.skipped ? skipped + 1 : 0;
      const busy = Math.max(1e-9, clock() - started - idle);
      const perSecond = ((step - firstStep) * options.batch) / busy;
      run.onStep?.({ ...report, step, seconds: seconds(), rate, used: share, perSecond });
      if (skipped >= MOST_SKIPPED) return "nonFinite";
      if (validated.due(step)) {
        await apart(validate);
        if (options.patience > 0 && sinceBest >= options.patience) return "patience";
      }
      if (saved.due(step)) await apart(save);
    }
    return "budget";
  };
  let end: TrainEnd;
  try {
    end = await loop();
  } catch (error) {
    await save(); // what was learnt up to the last update is not lost
    throw error;
  }
  if (end !== "interrupted" && lastValidated !== step) await validate();
  await save();
  return { end, position: position() };
}

const START: TrainPosition = { step: 0, seconds: 0, sinceBest: 0 };

/** Says when something is due again: at multiples of so many updates, wherever a run began; after so many seconds. */
function createReminder({ steps, seconds }: Cadence, clock: () => number) {
  let time = clock();
  return {
    due: (step: number): boolean =>
      (steps !== undefined && step % steps === 0) || (seconds !== undefined && clock() - time >= seconds),
    done(): void {
      time = clock();
    },
  };
}
