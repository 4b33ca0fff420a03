import { parentPort } from "node:worker_threads";
import { describeError } from "./errors.ts";
import type { JobMessage, ResultMessage } from "./job-thread.ts";

/**
 * The worker's side of `runPool`: answers each job with what `handle` makes of it. A worker's file calls this
 * once; job and result must be plain data.
 */
export function serveJobs<Job, Result>(handle: (job: Job) => Result | Promise<Result>): void {
  if (parentPort === null) throw new Error("serveJobs was called outside of a worker thread");
  const port = parentPort;
  port.on("message", async ({ index, job }: JobMessage<Job>) => {
    try {
      port.postMessage({ index, result: await handle(job) } satisfies ResultMessage<Result>);
    } catch (error) {
      const { code, message } = describeError(error);
      port.postMessage({ index, error: { code, message } } satisfies ResultMessage<Result>);
    }
  });
}
