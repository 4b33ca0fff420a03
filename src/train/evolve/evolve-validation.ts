import { hashSeed, medianOf } from "../../base/index.ts";
import type { SteeredWeights } from "../../optim/index.ts";
import type { CandidateScorer } from "./candidate-scorer.ts";
import type { ScoreJob } from "./score-job.ts";

/** Validations of all evolutions begin their runs alike, so that they can be compared. */
const VALIDATION_SEED = 20_261_130;

/** What a validation is made of. */
export type EvolveValidation = {
  readonly scorer: CandidateScorer;
  /** Tasks of the bank with their horizons; each has `starts` runs. */
  readonly tasks: number;
  readonly starts: number;
  readonly synthetic: boolean;
};

/** Log losses of whole runs of every task, whose starts and batches no generation has. (tasks * starts) */
export async function validationLosses(
  { scorer, tasks, starts, synthetic }: EvolveValidation,
  candidate: SteeredWeights,
  signal: AbortSignal,
): Promise<number[]> {
  const jobs = Array.from({ length: tasks * starts }, (_, i): ScoreJob => {
    const start = Math.floor(i / tasks);
    return { candidate, entries: [i % tasks], seed: hashSeed(VALIDATION_SEED, start), synthetic };
  });
  return scorer.score(jobs, signal);
}

/** What weights are worth: the median, over tasks and starts, of the logarithm of their loss over that of the first weights. */
export function medianGain(found: readonly number[], first: readonly number[]): number {
  return medianOf(found.map((loss, i) => loss - first[i]));
}
