import { hashSeed } from "../../base/index.ts";
import { createSteeredOptimizer, type SteeredWeights } from "../../optim/index.ts";
import { type BankEntry, openBank, runEntry } from "./open-bank.ts";

/** One candidate, the whole runs that it is judged by, and the seed of their starts and batches; plain data. */
export type ScoreJob = {
  readonly candidate: SteeredWeights;
  /** Places in the bank. */
  readonly entries: readonly number[];
  readonly seed: number;
};

/** Mean log loss of whole runs; the same job, the same number, wherever it is done. */
export async function scoreOn(
  bank: readonly BankEntry[],
  { candidate, entries, seed }: ScoreJob,
  signal?: AbortSignal,
): Promise<number> {
  let sum = 0;
  for (const [i, place] of entries.entries())
    sum += await runEntry(
      bank[place],
      (layout, horizon) => createSteeredOptimizer(candidate, { layout, horizon }),
      hashSeed(seed, i),
      signal,
    );
  return sum / entries.length;
}

let opened: Promise<readonly BankEntry[]> | undefined;

/** `scoreOn` on a bank that is opened with the first job. */
export async function scoreCandidate(job: ScoreJob): Promise<number> {
  opened ??= openBank();
  return scoreOn(await opened, job);
}
