import { parentPort } from "node:worker_threads";
import { describeError } from "./errors.ts";
import type { JobMessage, ResultMessage } from "./job-thread.ts";
import { largeBuffers } from "./large-buffers.ts";

/**
 * The worker's side of `runPool`: answers each job with what `handle` makes of it. A worker's file calls this
 * once; job and result must be plain data.
 *
 * @param givesAway whether nobody here needs a result any more: its large arrays are handed over, not copied
 */
export function serveJobs<Job, Result>(
  handle: (job: Job) => Result | Promise<Result>,
  { givesAway = false } = {},
): void {
  if (parentPort === null) throw new Error("serveJobs was called outside of a worker thread");
  const port = parentPort;
  port.on("message", async ({ index, job }: JobMessage<Job>) => {
    try {
      const result = await handle(job);
      port.postMessage(
        { index, result } satisfies ResultMessage<Result>,
        givesAway ? [...largeBuffers(result)] : [],
      );
    } catch (error) {
      const { code, message } = describeError(error);
      port.postMessage({ index, error: { code, message } } satisfies ResultMessage<Result>);
    }
  });
}
