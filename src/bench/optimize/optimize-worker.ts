import { serveJobs } from "../../node/index.ts";
import { createRunner, type RunJob } from "./run-job.ts";
import { type SharedCounter, watchCounter } from "./shared-counter.ts";

/** A run for a worker thread, and the counter that it shares with the program. */
export type WorkerJob = { readonly run: RunJob; readonly counter: SharedCounter };

const runner = createRunner();

serveJobs(async ({ run, counter }: WorkerJob) => {
  const { signal, look, step } = watchCounter(counter);
  look();
  signal.throwIfAborted();
  return runner.run(run, { signal, now: () => performance.now(), onStep: step });
});
