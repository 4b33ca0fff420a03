import { createHash } from "node:crypto";
import { FormatError } from "../base/index.ts";
import type { JobEnd } from "../node/index.ts";
import { decodeWire, encodeWire } from "./wire.ts";

/** A job as it lies in the queue, under the name of its kind. */
export type QueuedJob = {
  /** The job, its files under their names in the store; see `encodeWire`. */
  readonly job: string;
  /** Longest time for it. [ms] */
  readonly timeoutMs: number;
};

/** Where a worker leaves a file that a job writes. */
export function outputName(id: string, file: string): string {
  return `results/${id}/${file}`;
}

/** A name by which the same job is known as such, wherever it comes from. */
export function jobId(kind: string, { job, timeoutMs }: QueuedJob): string {
  return `${kind}-${createHash("sha256").update(`${kind}\n${timeoutMs}\n${job}`).digest("hex").slice(0, 40)}`;
}

/** Whether a name is one that {@link jobId} gives: it becomes part of paths. */
export function isJobId(id: string): boolean {
  return /^[a-z-]+-[0-9a-f]{40}$/.test(id);
}

/** What a job came to, as its answer in the queue. */
export function encodeEnd(end: JobEnd<unknown>, attempts: number): string {
  return encodeWire({ end, attempts });
}

/** @throws FormatError for anything that `encodeEnd` did not write */
export function decodeEnd<Result>(text: unknown): {
  readonly end: JobEnd<Result>;
  readonly attempts: number;
} {
  const answer = typeof text === "string" ? (decodeWire(text) as ReturnType<typeof decodeEnd<Result>>) : null;
  const status: unknown = answer?.end?.status;
  if (answer === null || (status !== "done" && status !== "failed"))
    throw new FormatError(`the queue answers a job with ${JSON.stringify(text)}, expected an outcome`);
  return answer;
}
