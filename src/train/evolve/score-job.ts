import { hashSeed } from "../../base/index.ts";
import { createSteeredOptimizer, type SteeredWeights } from "../../optim/index.ts";
import { type BankEntry, openBank, runEntry } from "./open-bank.ts";

/** One candidate, the whole runs that it is judged by, and the seed of their starts and batches; plain data. */
export type ScoreJob = {
  readonly candidate: SteeredWeights;
  /** Places in the bank. */
  readonly entries: readonly number[];
  readonly seed: number;
  /** Whether the bank is of drawn images; see `openBank`. */
  readonly synthetic: boolean;
};

/** Mean log loss of whole runs. */
async function scoreOn(
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

const opened = new Map<boolean, Promise<readonly BankEntry[]>>();

/** Mean log loss of a candidate's runs, on a bank that is opened with the first job: the same number, wherever it is found. */
export async function scoreCandidate(job: ScoreJob, signal?: AbortSignal): Promise<number> {
  const bank = opened.get(job.synthetic) ?? openBank(job.synthetic);
  opened.set(job.synthetic, bank);
  bank.catch(() => opened.delete(job.synthetic)); // another try begins anew
  return scoreOn(await bank, job, signal);
}
