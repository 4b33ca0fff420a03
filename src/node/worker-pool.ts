import { createOutcomeLedger, type JobOutcome, type OutcomeListeners } from "./job-outcomes.ts";
import { createJobThread } from "./job-thread.ts";

/** How a list of jobs is to be done. */
export type PoolOptions<Result> = OutcomeListeners<Result> & {
  /** Workers at a time; >= 1. */
  readonly size: number;
  /** Fresh starts of a job whose worker crashed. */
  readonly retries?: number;
  /** Longest time for one job; a job that takes longer is failed and not tried again. [ms] */
  readonly jobTimeoutMs?: number;
  /** Heap of a worker; one that needs more crashes alone. [MiB] */
  readonly heapMb?: number;
  /** Stops the pool: workers end at once, what has not ended is reported as "stopped". */
  readonly signal?: AbortSignal;
};

export const POOL_DEFAULTS = { retries: 1, jobTimeoutMs: 600_000, heapMb: 1024 } as const;

/**
 * Runs jobs in parallel in worker threads that call `serveJobs`. Survives a worker that crashes (process.exit,
 * an uncaught error, out of memory): its job is started once more in a fresh worker, then reported as failed.
 * A job that merely throws is reported as failed at once, since it would throw again.
 *
 * @returns the outcomes in the order of the jobs; failures are outcomes, the promise itself never rejects
 *   but for an error thrown by a callback
 */
export async function runPool<Job, Result>(
  workerUrl: URL,
  jobs: readonly Job[],
  options: PoolOptions<Result>,
): Promise<JobOutcome<Result>[]> {
  const { size, signal } = options;
  const { retries, jobTimeoutMs, heapMb } = { ...POOL_DEFAULTS, ...withoutUndefined(options) };
  const ledger = createOutcomeLedger(jobs.length, options);
  const attempts = new Uint8Array(jobs.length);
  const again: number[] = []; // jobs whose worker crashed
  let fresh = 0;

  const next = (): number | undefined => {
    if (signal?.aborted) return undefined;
    return again.shift() ?? (fresh < jobs.length ? fresh++ : undefined);
  };
  /** One worker at a time, a fresh one after each crash, until no job is left. */
  const lane = async (): Promise<void> => {
    const thread = createJobThread<Job, Result>(workerUrl, heapMb);
    try {
      for (let index = next(); index !== undefined; index = next()) {
        attempts[index]++;
        const end = await thread.ask(jobs[index], jobTimeoutMs, signal);
        const crashed = end.status === "failed" && end.reason === "crash";
        if (crashed && attempts[index] <= retries) again.push(index);
        else ledger.settle(index, attempts[index], end);
      }
    } finally {
      await thread.end();
    }
  };
  const lanes = Math.max(1, Math.min(Math.floor(size), jobs.length));
  await Promise.all(Array.from({ length: lanes }, lane));
  return ledger.close((index) => attempts[index]);
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
