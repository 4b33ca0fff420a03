import { ConfigError } from "./errors.ts";
import { checkCount, checkKeys, checkPositive } from "./option-checks.ts";

/** The length of a run: it ends when the first of these is used up. */
export type RunBudget = {
  /** Updates. */
  readonly steps?: number;
  /** Time, that of validations, saves and earlier runs included; the way of the weights then depends on it. [min] */
  readonly minutes?: number;
};

/** How often something is done: at multiples of so many updates, and after so many seconds. */
export type Cadence = { readonly steps?: number; readonly seconds?: number };

/** Why a run ended. */
export type RunEnd = "budget" | "patience" | "interrupted" | "nonFinite";

/** The best weights of a run so far, by validation. */
export type RunBest = {
  /** The update after which they were validated. */
  readonly step: number;
  /** What is to be made small. */
  readonly score: number;
  readonly weights: Float32Array;
};

/** Where a run is: what its checkpoint holds beside the state of what is trained. */
export type RunPosition = {
  /** Updates done. */
  readonly step: number;
  /** Seconds so far, those of earlier runs included. */
  readonly seconds: number;
  readonly best?: RunBest;
  /** Validations since the best one. */
  readonly sinceBest: number;
  /** The update of the last validation; -1: none yet. */
  readonly validated: number;
};

/** What is told of a run after every update. */
export type RunProgress = Pick<RunPosition, "step" | "seconds"> & {
  /** Share of the budget that was used up before the update. */
  readonly used: number;
  /** Updates per second since this run began, validations and saves not counted. */
  readonly perSecond: number;
};

/** When a run validates and saves, by which clock, and what stops it. */
export type RunSchedule = {
  /** Monotonic clock. [s] */
  readonly clock: () => number;
  readonly validateEvery: Cadence;
  readonly saveEvery: Cadence;
  /** Ends the run after the update under way; a validation under way should throw. */
  readonly signal?: AbortSignal;
};

/** A run under a budget, as {@link runBudgeted} does it. */
export type BudgetedRun<R extends { readonly skipped: boolean }> = RunSchedule & {
  readonly budget: RunBudget;
  /** Validations in a row without a better one after which the run ends; 0: never. */
  readonly patience: number;
  /** Goes on from here. */
  readonly from?: RunPosition;
  /** Whether the first weights are validated too, since they may be the best. */
  readonly validateFirst?: boolean;
  /**
   * Does one update.
   *
   * @param step number of updates before it
   * @param used share of the budget, 0..1
   * @returns what is told of it; whether it was left out since something was not finite
   */
  update(step: number, used: number): Promise<R>;
  /** A copy of the weights as they are now. */
  weights(): Float32Array | Promise<Float32Array>;
  /** @returns the score of weights, to be made small (NaN counts as infinite); undefined where there is none */
  validate(weights: Float32Array, position: RunPosition): Promise<number | undefined>;
  save(position: RunPosition): Promise<void>;
  onStep?(report: R & RunProgress): void;
};

/** How a run ended, and where. */
export type RunResult = { readonly end: RunEnd; readonly position: RunPosition };

/** Updates left out in a row that end a run: it does not recover from that. */
const MOST_SKIPPED = 20;

const START: RunPosition = { step: 0, seconds: 0, sinceBest: 0, validated: -1 };

/** Throws a {@link ConfigError} for a budget without an end. */
export function checkRunBudget(budget: RunBudget): void {
  checkKeys("budget", budget, ["steps", "minutes"]);
  const { steps, minutes } = budget;
  if (steps === undefined && minutes === undefined)
    throw new ConfigError("budget is empty, expected steps or minutes");
  if (steps !== undefined) checkCount("steps", steps, 1);
  if (minutes !== undefined) checkPositive("minutes", minutes);
}

/**
 * Updates until the budget is used up, validation does not get better any more, or the signal says so; validates
 * and saves on the way and at the end. With a budget of steps the way of the weights depends on their number
 * alone: a run that goes on from a saved position goes the way it would have gone.
 *
 * Whatever throws ends the run with a save of what was done; a save that fails then is not told, since the first
 * error is. What throws once the signal is aborted means that the run is interrupted.
 *
 * @throws ConfigError for illegal options, and what an update, a validation or a save throws
 */
export async function runBudgeted<R extends { readonly skipped: boolean }>(
  run: BudgetedRun<R>,
): Promise<RunResult> {
  checkRunBudget(run.budget);
  checkCount("patience", run.patience, 0);
  const state = beginRun(run);
  let end: RunEnd;
  try {
    end = await updateToEnd(run, state);
    if (end !== "interrupted" && state.validated !== state.step) await validate(run, state);
  } catch (error) {
    if (run.signal?.aborted !== true) {
      await save(run, state).catch(() => {});
      throw error;
    }
    end = "interrupted";
  }
  await save(run, state);
  return { end, position: positionOf(run, state) };
}

type RunState = {
  step: number;
  best?: RunBest;
  sinceBest: number;
  validated: number;
  /** Updates left out in a row. */
  skipped: number;
  /** Updates and seconds of earlier runs, and when this one began. */
  readonly first: { readonly step: number; readonly seconds: number; readonly at: number };
  /** Time spent validating and saving. [s] */
  idle: number;
  validatedAt: number;
  savedAt: number;
};

function beginRun({ from = START, clock }: Pick<BudgetedRun<never>, "from" | "clock">): RunState {
  const { step, seconds, best, sinceBest, validated } = from;
  const at = clock();
  const first = { step, seconds, at };
  return { step, best, sinceBest, validated, skipped: 0, first, idle: 0, validatedAt: at, savedAt: at };
}

type Run = BudgetedRun<{ readonly skipped: boolean }>;

async function updateToEnd(run: Run, state: RunState): Promise<RunEnd> {
  const { patience, validateEvery, saveEvery, clock, signal } = run;
  if (isValidationMissing(run, state)) await apart(run, state, validate);
  for (;;) {
    const used = usedShare(run.budget, state.step, secondsOf(run, state));
    if (used >= 1) return "budget";
    if (signal?.aborted === true) return "interrupted";
    const report = await run.update(state.step, used);
    state.step++;
    state.skipped = report.skipped ? state.skipped + 1 : 0;
    const { first, idle, step } = state;
    const perSecond = (step - first.step) / Math.max(1e-9, clock() - first.at - idle);
    run.onStep?.({ ...report, step, seconds: secondsOf(run, state), used, perSecond });
    if (state.skipped >= MOST_SKIPPED) return "nonFinite";
    if (isDue(validateEvery, step, clock() - state.validatedAt)) {
      await apart(run, state, validate);
      if (patience > 0 && state.sinceBest >= patience) return "patience";
    }
    if (isDue(saveEvery, step, clock() - state.savedAt)) await apart(run, state, save);
  }
}

/** Whether a validation is to be made up for: the first weights', or one that was due when a run was interrupted. */
function isValidationMissing({ validateEvery, validateFirst }: Run, { step, validated }: RunState): boolean {
  if (validated >= step) return false;
  return step === 0 ? validateFirst === true : isDue({ steps: validateEvery.steps }, step, 0);
}

async function validate(run: Run, state: RunState): Promise<void> {
  const weights = await run.weights();
  const found = await run.validate(weights, positionOf(run, state));
  const score = found === undefined || Number.isNaN(found) ? Infinity : found;
  if (score < (state.best?.score ?? Infinity)) {
    state.best = { step: state.step, score, weights };
    state.sinceBest = 0;
  } else if (found !== undefined) state.sinceBest++;
  state.validated = state.step;
  state.validatedAt = run.clock();
}

async function save(run: Run, state: RunState): Promise<void> {
  await run.save(positionOf(run, state));
  state.savedAt = run.clock();
}

/** Does something whose time is not counted as that of updates. */
async function apart(run: Run, state: RunState, task: typeof save): Promise<void> {
  const from = run.clock();
  await task(run, state);
  state.idle += run.clock() - from;
}

function secondsOf({ clock }: Run, { first }: RunState): number {
  return first.seconds + clock() - first.at;
}

function positionOf(run: Run, state: RunState): RunPosition {
  const { step, best, sinceBest, validated } = state;
  return { step, seconds: secondsOf(run, state), best, sinceBest, validated };
}

function usedShare({ steps, minutes }: RunBudget, step: number, seconds: number): number {
  return Math.max(
    steps === undefined ? 0 : step / steps,
    minutes === undefined ? 0 : seconds / (60 * minutes),
  );
}

function isDue(every: Cadence, step: number, seconds: number): boolean {
  return (
    (every.steps !== undefined && step % every.steps === 0) ||
    (every.seconds !== undefined && seconds >= every.seconds)
  );
}
