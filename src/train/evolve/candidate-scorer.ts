import { MpcError } from "../../base/index.ts";
import { createJobThread, type JobKind, type JobRunner, type JobThread } from "../../node/index.ts";
import { type ScoreJob, scoreCandidate } from "./score-job.ts";

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

/** A candidate as a job for any machine that has the images. */
export const EVOLVE_SCORE: JobKind<ScoreJob, number> = {
  name: "evolve",
  worker: new URL(`./score-worker${import.meta.url.slice(-3)}`, import.meta.url),
};

/** @param threads candidates at a time; 1 scores them here, more in workers; each opens a bank of its own */
export function createCandidateScorer(threads: number): CandidateScorer {
  if (threads === 1) return { score: scoreHere, async end() {} };
  const crew = Array.from({ length: threads }, () =>
    createJobThread<ScoreJob, number>(EVOLVE_SCORE.worker, HEAP_MB),
  );
  return {
    score: (jobs, signal) => scoreByCrew(crew, jobs, signal),
    async end() {
      await Promise.all(crew.map((thread) => thread.end()));
    },
  };
}

async function scoreHere(jobs: readonly ScoreJob[], signal: AbortSignal): Promise<number[]> {
  const scores: number[] = [];
  for (const job of jobs) scores.push(await scoreCandidate(job, signal));
  return scores;
}

/** Scores candidates wherever `run` does jobs: to the same numbers. */
export function createRunnerScorer(run: JobRunner): CandidateScorer {
  return {
    async score(jobs, signal) {
      const outcomes = await run(EVOLVE_SCORE, jobs, { size: jobs.length, jobTimeoutMs: LONGEST_MS, heapMb: HEAP_MB, signal }); // biome-ignore format: one line
      signal.throwIfAborted();
      return outcomes.map((outcome) => {
        if (outcome.status === "failed") throw lost(outcome.message);
        return outcome.result;
      });
    },
    async end() {},
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
  if (failure !== undefined) throw lost(failure);
  return scores;
}

function lost(why: string): MpcError {
  return new MpcError("worker", `a candidate could not be scored: ${why}`);
}
