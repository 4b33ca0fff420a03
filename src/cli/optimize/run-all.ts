import { runPool } from "../worker-pool.ts";
import type { RunFiles, RunKey } from "./run-files.ts";
import type { Runner } from "./run-job.ts";
import type { RunRecord } from "./run-optimizee.ts";

/** One run and what came of it: nothing where it failed or was not reached. */
export type Outcome = { readonly key: RunKey; readonly record?: RunRecord; readonly failure?: string };

export type RunAllOptions = {
  readonly runner: Runner;
  /** Where finished runs are kept; nowhere if undefined. */
  readonly files?: RunFiles;
  /** Runs at a time; 1 runs them here, more in worker threads. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  /** Hears of steps as they are done. */
  readonly onSteps?: (more: number) => void;
};

/** A run that takes longer is given up. [ms] */
const LONGEST_MS = 24 * 3_600_000;
/** Heap of a worker: it holds a data set of its own. [MiB] */
const HEAP_MB = 2048;

/**
 * Makes the runs that are not there yet. Ends early, without throwing, when the signal is aborted: what is done
 * is kept.
 *
 * @returns in the order of the keys
 */
export async function runAll(keys: readonly RunKey[], options: RunAllOptions): Promise<Outcome[]> {
  const { runner, files, threads, signal, now, onSteps } = options;
  const outcomes: Outcome[] = [];
  for (const key of keys) {
    const record = await files?.find(key);
    outcomes.push({ key, record });
    if (record !== undefined) onSteps?.(key.job.task.steps);
  }
  const missing = [...outcomes.keys()].filter((at) => outcomes[at].record === undefined);
  if (threads <= 1 || missing.length <= 1) {
    for (const at of missing) {
      if (signal.aborted) break;
      const { key } = outcomes[at];
      try {
        const record = await runner.run(key.job, { signal, now, onStep: () => onSteps?.(1) });
        await files?.write(key, record);
        outcomes[at] = { key, record };
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    return outcomes;
  }
  const writes: Promise<void>[] = [];
  await runPool<RunKey["job"], RunRecord>(
    new URL("optimize-worker.js", import.meta.url),
    missing.map((at) => keys[at].job),
    {
      size: threads,
      signal,
      jobTimeoutMs: LONGEST_MS,
      heapMb: HEAP_MB,
      onResult(outcome) {
        const at = missing[outcome.index];
        const key = keys[at];
        if (outcome.status === "done") {
          outcomes[at] = { key, record: outcome.result };
          if (files !== undefined) writes.push(files.write(key, outcome.result));
          onSteps?.(key.job.task.steps);
        } else if (outcome.reason !== "stopped") outcomes[at] = { key, failure: outcome.message };
      },
    },
  );
  await Promise.all(writes);
  return outcomes;
}
