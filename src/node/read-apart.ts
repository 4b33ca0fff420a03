import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { ConfigError, FormatError, MpcError } from "../base/index.ts";
import { createJobThread, type JobThread } from "./job-thread.ts";

/** How much a file of somebody else may cost to be read. */
export type ReadLimits = {
  /** [ms] */ readonly time: number;
  /** Of objects. [MiB] */ readonly heapMb: number;
  /** Of the whole process, beyond what it had. [bytes] */ readonly memory: number;
};

/** Far more than any honest file takes on a slow machine. */
export const READ_LIMITS: ReadLimits = { time: 120_000, heapMb: 2048, memory: 4 * 2 ** 30 };

/** So often memory is looked at. [ms] */
const LOOK_EVERY = 50;

/** A worker that reads files of somebody else, one after the other. */
export type ApartReader<Job, Result> = {
  /** @throws what the reader throws, by code and message; FormatError naming the file and the limit it went beyond */
  read(job: Job): Promise<Result>;
  end(): Promise<void>;
};

/**
 * Has files read by a worker that is ended where one takes too long or too much memory: a file that was made to harm costs
 * an error then, and not the process. Workers read themselves, since they are limited already; so does a program that was
 * not built, which has no files of workers.
 *
 * @param worker file of a worker that calls `serveJobs(direct)`; it starts with the first job
 * @param direct reads it here
 */
export function createApartReader<Job extends { readonly file: string }, Result>(
  worker: URL,
  direct: (job: Job) => Promise<Result>,
  limits: ReadLimits = READ_LIMITS,
): ApartReader<Job, Result> {
  if (!isMainThread || !existsSync(fileURLToPath(worker))) return { read: direct, end: async () => {} };
  const thread = createJobThread<Job, Result>(worker, limits.heapMb);
  return { read: (job) => readWithin(limits, thread, job), end: thread.end };
}

/** Has one file read, see {@link createApartReader}. */
export async function readApart<Job extends { readonly file: string }, Result>(
  worker: URL,
  job: Job,
  direct: (job: Job) => Promise<Result>,
  limits?: ReadLimits,
): Promise<Result> {
  const reader = createApartReader(worker, direct, limits);
  try {
    return await reader.read(job);
  } finally {
    await reader.end();
  }
}

async function readWithin<Job extends { readonly file: string }, Result>(
  limits: ReadLimits,
  thread: JobThread<Job, Result>,
  job: Job,
): Promise<Result> {
  const full = new AbortController();
  const before = process.memoryUsage.rss();
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() - before > limits.memory) full.abort();
  }, LOOK_EVERY);
  try {
    const end = await thread.ask(job, limits.time, full.signal);
    if (end.status === "done") return end.result;
    const { reason, message, code } = end;
    if (reason === "error" && code !== undefined) throw errorOfCode(code, message);
    const why = {
      timeout: `reading it took longer than ${limits.time / 1000} s`,
      stopped: `reading it took more than ${Math.round(limits.memory / 1e6)} MB`,
      crash: `reading it failed: ${message}`,
      error: message,
    }[reason];
    throw new FormatError(`${job.file}: ${why}`);
  } finally {
    clearInterval(watch);
  }
}

/** An error as another thread or process told of it. */
export function errorOfCode(code: string, message: string): MpcError {
  if (code === "format") return new FormatError(message);
  return code === "config" ? new ConfigError(message) : new MpcError(code, message);
}
