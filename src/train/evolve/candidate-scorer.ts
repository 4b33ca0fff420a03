import { MpcError } from "../../base/index.ts";
import { createJobThread, type JobThread } from "../../node/index.ts";
import type { BankEntry } from "./open-bank.ts";
import { type ScoreJob, scoreOn } from "./score-job.ts";

/** Scores the candidates of a generation. */
export type CandidateScorer = {
  /** Mean log losses in the order of the jobs. @throws what `signal` was aborted with, after the runs under way */
  score(jobs: readonly ScoreJob[], signal: AbortSignal): Promise<number[]>;
  end(): Promise<void>;
};

/** A generation's longest candidate. [ms] */
const LONGEST_MS = 3_600_000;
/** Heap of a worker: it holds the bank. [MiB] */
const HEAP_MB = 2048;

/** @param threads candidates at a time; 1 scores them here, on `bank`; more in workers that open banks of their own */
export function createCandidateScorer(bank: readonly BankEntry[], threads: number): CandidateScorer {
  if (threads === 1) return { score: scoreHere(bank), async end() {} };
  const file = new URL(`./score-worker${import.meta.url.slice(-3)}`, import.meta.url);
  const crew = Array.from({ length: threads }, () => createJobThread<ScoreJob, number>(file, HEAP_MB));
  return {
    score: (jobs, signal) => scoreByCrew(crew, jobs, signal),
    async end() {
      await Promise.all(crew.map((thread) => thread.end()));
    },
  };
}

function scoreHere(bank: readonly BankEntry[]): CandidateScorer["score"] {
  return async (jobs, signal) => {
    const scores: number[] = [];
    for (const job of jobs) scores.push(await scoreOn(bank, job, signal));
    return scores;
  };
}

/** Each thread takes the next job that is left. A stop waits for the runs under way: ONNX Runtime is not to be cut off. */
export async function scoreByCrew(
  crew: readonly JobThread<ScoreJob, number>[],
  jobs: readonly ScoreJob[],
  signal: AbortSignal,
): Promise<number[]> {
  const scores: number[] = new Array(jobs.length);
  let next = 0;
  let failure: string | undefined;
  const lane = async (thread: JobThread<ScoreJob, number>): Promise<void> => {
    while (next < jobs.length && failure === undefined && !signal.aborted) {
      const at = next++;
      const end = await thread.ask(jobs[at], LONGEST_MS);
      if (end.status === "done") scores[at] = end.result;
      else failure = end.message;
    }
  };
  await Promise.all(crew.map(lane));
  signal.throwIfAborted();
  if (failure !== undefined) throw new MpcError("worker", `a candidate could not be scored: ${failure}`);
  return scores;
}
