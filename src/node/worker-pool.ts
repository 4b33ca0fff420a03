import { Worker } from "node:worker_threads";
import { messageOf } from "../base/index.ts";

/** Why a job failed: it threw; its worker crashed under it, twice; it took too long; the pool was stopped before it ended. */
export type FailReason = "error" | "crash" | "timeout" | "stopped";

/** How one job ended. */
export type JobOutcome<Result> = {
  /** Place of the job in the list. */
  readonly index: number;
  /** How often it was started: 2 where a worker crashed under it once. */
  readonly attempts: number;
} & (
  | { readonly status: "done"; readonly result: Result }
  | {
      readonly status: "failed";
      readonly reason: FailReason;
      readonly message: string;
      /** What was thrown, see `describeError`; with reason "error" only. */
      readonly code?: string;
    }
);

export type PoolOptions<Result> = {
  /** Workers at a time; >= 1. */
  readonly size: number;
  /** Gets each outcome in the order of the jobs, as soon as all before it are there. */
  readonly onResult?: (outcome: JobOutcome<Result>) => void;
  /** Is told the number of jobs ended, in whatever order. */
  readonly onProgress?: (ended: number) => void;
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

/** A message from the pool to a worker: one job. */
export type JobMessage<Job> = { readonly index: number; readonly job: Job };
/** A message from a worker to the pool: what became of a job. */
export type ResultMessage<Result> =
  | { readonly index: number; readonly result: Result }
  | { readonly index: number; readonly error: { readonly code: string; readonly message: string } };

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
  const { size, onResult, onProgress, signal } = options;
  const { retries, jobTimeoutMs, heapMb } = { ...POOL_DEFAULTS, ...withoutUndefined(options) };
  const outcomes: JobOutcome<Result>[] = new Array(jobs.length);
  const attempts = new Uint8Array(jobs.length);
  const again: number[] = []; // jobs whose worker crashed
  let fresh = 0;
  let ended = 0;
  let reported = 0;

  const next = (): number | undefined => {
    if (signal?.aborted) return undefined;
    return again.shift() ?? (fresh < jobs.length ? fresh++ : undefined);
  };
  const settle = (outcome: JobOutcome<Result>): void => {
    outcomes[outcome.index] = outcome;
    ended++;
    onProgress?.(ended);
    for (; outcomes[reported] !== undefined; reported++) onResult?.(outcomes[reported]);
  };
  const fail = (index: number, reason: FailReason, message: string, code?: string): void =>
    settle({ index, attempts: attempts[index], status: "failed", reason, message, code });

  /** One worker at a time, a fresh one after each crash, until no job is left. */
  const lane = async (): Promise<void> => {
    let member: Member | undefined;
    try {
      for (let index = next(); index !== undefined; index = next()) {
        if (member === undefined || !member.alive) member = hire(workerUrl, heapMb);
        attempts[index]++;
        const answer = await ask<Job, Result>(member, { index, job: jobs[index] }, jobTimeoutMs, signal);
        if (answer.kind === "result")
          settle({ index, attempts: attempts[index], status: "done", result: answer.result });
        else if (answer.kind === "crash" && attempts[index] <= retries) again.push(index);
        else fail(index, answer.kind, answer.message, answer.code);
        if (answer.kind === "crash" || answer.kind === "timeout") {
          await member.worker.terminate();
          member = undefined;
        }
      }
    } finally {
      await member?.worker.terminate();
    }
  };
  const lanes = Math.max(1, Math.min(Math.floor(size), jobs.length));
  await Promise.all(Array.from({ length: lanes }, lane));

  for (let index = 0; index < jobs.length; index++)
    if (outcomes[index] === undefined) fail(index, "stopped", "stopped before it ended");
  return outcomes;
}

/** A worker, and whether it still runs. */
type Member = { readonly worker: Worker; alive: boolean };

function hire(url: URL, heapMb: number): Member {
  const worker = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: heapMb } });
  const member = { worker, alive: true };
  worker.on("exit", () => {
    member.alive = false;
  });
  worker.on("error", () => {}); // ask() hears it too; between two jobs nobody would, and it would end the process
  return member;
}

type Answer<Result> =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: FailReason; readonly message: string; readonly code?: string };

/** Gives a worker one job and waits for whatever comes of it; never rejects. */
function ask<Job, Result>(
  { worker }: Member,
  request: JobMessage<Job>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer<Result>> {
  return new Promise((resolve) => {
    const answer = (value: Answer<Result>): void => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("messageerror", onError).off("error", onError).off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    };
    const onMessage = (message: ResultMessage<Result>): void => {
      if (message.index !== request.index) return;
      if ("error" in message) answer({ kind: "error", ...message.error });
      else answer({ kind: "result", result: message.result });
    };
    const crash = (why: string): void => answer({ kind: "crash", message: `its worker crashed: ${why}` });
    const onError = (error: unknown): void => crash(messageOf(error));
    const onExit = (code: number): void => crash(`it ended with status ${code}`);
    const onAbort = (): void => answer({ kind: "stopped", message: "stopped before it ended" });
    const onTime = (): void => answer({ kind: "timeout", message: `not done after ${timeoutMs / 1000} s` });
    const timer = timeoutMs < 2 ** 31 ? setTimeout(onTime, timeoutMs) : undefined;
    worker.on("message", onMessage).on("messageerror", onError).on("error", onError).on("exit", onExit);
    signal?.addEventListener("abort", onAbort);
    worker.postMessage(request);
  });
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
