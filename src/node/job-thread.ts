import { Worker } from "node:worker_threads";
import { messageOf } from "../base/index.ts";
import type { JobEnd } from "./job-outcomes.ts";

/** A message to a worker: one job. */
export type JobMessage<Job> = { readonly index: number; readonly job: Job };
/** A message from a worker: what became of a job. */
export type ResultMessage<Result> =
  | { readonly index: number; readonly result: Result }
  | { readonly index: number; readonly error: { readonly code: string; readonly message: string } };

/** A thread that does one job after the other, in a fresh worker after one that crashed or was stopped. */
export type JobThread<Job, Result> = {
  /** Gives it a job and waits for whatever comes of it; never rejects. One at a time. */
  ask(job: Job, timeoutMs: number, signal?: AbortSignal): Promise<JobEnd<Result>>;
  /** Ends the worker, at once. */
  end(): Promise<void>;
};

/**
 * A thread of a file that calls `serveJobs`; its worker starts with the first job.
 *
 * @param heapMb heap of a worker [MiB]; one that needs more crashes alone
 */
export function createJobThread<Job, Result>(url: URL, heapMb: number): JobThread<Job, Result> {
  let member: Member | undefined;
  let asked = 0;
  const end = async (): Promise<void> => {
    const worker = member?.worker;
    member = undefined;
    await worker?.terminate();
  };
  return {
    end,
    async ask(job, timeoutMs, signal) {
      if (member === undefined || !member.alive) member = hire(url, heapMb);
      const answer = await ask<Job, Result>(member.worker, { index: asked++, job }, timeoutMs, signal);
      if (answer.status === "failed" && answer.reason !== "error") await end();
      return answer;
    },
  };
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

function ask<Job, Result>(
  worker: Worker,
  request: JobMessage<Job>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<JobEnd<Result>> {
  return new Promise((resolve) => {
    const answer = (value: JobEnd<Result>): void => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("messageerror", onError).off("error", onError).off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
      resolve(value);
    };
    const fail = (reason: "crash" | "stopped" | "timeout", message: string): void =>
      answer({ status: "failed", reason, message });
    const onMessage = (message: ResultMessage<Result>): void => {
      if (message.index !== request.index) return;
      if ("error" in message) answer({ status: "failed", reason: "error", ...message.error });
      else answer({ status: "done", result: message.result });
    };
    const crash = (why: string): void => fail("crash", `its worker crashed: ${why}`);
    const onError = (error: unknown): void => crash(messageOf(error));
    const onExit = (code: number): void => crash(`it ended with status ${code}`);
    const onAbort = (): void => fail("stopped", "stopped before it ended");
    const onTime = (): void => fail("timeout", `not done after ${timeoutMs / 1000} s`);
    const timer = timeoutMs < 2 ** 31 ? setTimeout(onTime, timeoutMs) : undefined;
    worker.on("message", onMessage).on("messageerror", onError).on("error", onError).on("exit", onExit);
    signal?.addEventListener("abort", onAbort);
    worker.postMessage(request);
  });
}
