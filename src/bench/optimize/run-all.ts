import { runPool } from "../../node/index.ts";
import type { OptimizeRecord } from "../../optim/node.ts";
import type { WorkerJob } from "./optimize-worker.ts";
import type { RunFiles, RunKey } from "./run-files.ts";
import type { Runner } from "./run-job.ts";
import { createSharedCounter, takeSteps, tellToStop } from "./shared-counter.ts";

/** One run and what came of it: nothing where it failed or was not reached. */
export type OptimizeOutcome = {
  readonly key: RunKey;
  readonly record?: OptimizeRecord;
  readonly failure?: string;
};

/** How runs are made, and where they are kept. */
export type RunAllOptions = {
  readonly runner: Runner;
  /** Where finished runs are kept; nowhere if undefined. */
  readonly files?: RunFiles;
  /** Runs at a time; 1 runs them here, more in worker threads. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  /** Hears of steps as they are done; `earlier` are those of a run that was found in the folder. */
  readonly onSteps?: (more: number, earlier?: boolean) => void;
};

/** Between two looks at what workers have done. [ms] */
const COUNT_MS = 200;
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
export async function runAll(keys: readonly RunKey[], options: RunAllOptions): Promise<OptimizeOutcome[]> {
  const { files, threads, onSteps } = options;
  const outcomes: OptimizeOutcome[] = [];
  for (const key of keys) {
    const record = await files?.find(key);
    outcomes.push({ key, record });
    if (record !== undefined) onSteps?.(key.job.task.steps, true);
  }
  const missing = [...outcomes.keys()].filter((at) => outcomes[at].record === undefined);
  if (threads <= 1 || missing.length <= 1) await runHere(missing, outcomes, options);
  else await runInWorkers(missing, outcomes, options);
  return outcomes;
}

/** Makes runs one after the other and puts them into `outcomes`. */
async function runHere(
  missing: readonly number[],
  outcomes: OptimizeOutcome[],
  { runner, files, signal, now, onSteps }: RunAllOptions,
): Promise<void> {
  for (const at of missing) {
    if (signal.aborted) return;
    const { key } = outcomes[at];
    try {
      const record = await runner.run(key.job, { signal, now, onStep: () => onSteps?.(1) });
      await files?.write(key, record);
      outcomes[at] = { key, record };
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The same in worker threads. */
async function runInWorkers(
  missing: readonly number[],
  outcomes: OptimizeOutcome[],
  { threads, files, signal, onSteps }: RunAllOptions,
): Promise<void> {
  const writes: Promise<void>[] = [];
  const counter = createSharedCounter();
  // The pool would end workers in the middle of ONNX Runtime's work, which can crash: they are asked to stop.
  const stop = (): void => tellToStop(counter);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const count = (): void => onSteps?.(takeSteps(counter));
  const timer = setInterval(count, COUNT_MS);
  try {
    const jobs = missing.map((at): WorkerJob => ({ run: outcomes[at].key.job, counter }));
    await runPool<WorkerJob, OptimizeRecord>(new URL("optimize-worker.js", import.meta.url), jobs, {
      size: threads,
      jobTimeoutMs: LONGEST_MS,
      heapMb: HEAP_MB,
      onResult(outcome) {
        const at = missing[outcome.index];
        const { key } = outcomes[at];
        if (outcome.status === "done") {
          outcomes[at] = { key, record: outcome.result };
          if (files !== undefined) writes.push(files.write(key, outcome.result));
        } else if (!signal.aborted) outcomes[at] = { key, failure: outcome.message };
      },
    });
    await Promise.all(writes);
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
  }
  count();
}
