import { setTimeout } from "node:timers/promises";
import { FormatError } from "../base/index.ts";
import {
  createOutcomeLedger,
  describeError,
  type JobEnd,
  type JobKind,
  type JobOutcome,
  type JobRunner,
  POOL_DEFAULTS,
  type PoolOptions,
  UnavailableError,
  UsageError,
  writeFileAtomic,
} from "../node/index.ts";
import { createFileSender } from "./job-files.ts";
import { decodeEnd, jobId, outputName, type QueuedJob } from "./queued-job.ts";
import { openRedis, type RedisLink, shownUrl } from "./redis-link.ts";
import type { Store } from "./store.ts";
import { encodeWire } from "./wire.ts";

/** Does jobs on whatever machines take them from a queue. */
export type QueueRunner = {
  /** As `runPool`; `size`, `heapMb` and `retries` are each worker's own business. */
  readonly run: JobRunner;
  close(): Promise<void>;
};

/** Jobs of one run that lie in the queue at a time. */
const WINDOW = 1000;
/** How often answers are looked for that no event told of. [ms] */
const SWEEP = 2000;
/** Answers that nobody fetched, since whoever asked for them is gone, are kept so long. [s] */
const KEPT = 86_400;
/** For the last words to a queue. [ms] */
const FAREWELL = 1000;
/** Without a worker for so long it is said that there is none. [ms] */
const LONELY = 4000;
/** A job that meets an error of the worker's surroundings, such as a store that does not answer, is tried so often. */
const ATTEMPTS = 3;

/**
 * Opens a queue for jobs of this process. The same jobs asked for again, after this process was killed, find the
 * answers that came meanwhile.
 *
 * @param store where jobs' files are put; undefined: jobs that name files are refused
 * @throws as `openRedis`
 */
export async function openQueueRunner(
  url: string,
  store: Store | undefined,
  say: (line: string) => void,
): Promise<QueueRunner> {
  const link = await openRedis(url, say);
  const { bullmq, connection, queueName } = link;
  const queue = new bullmq.Queue<QueuedJob, string>(queueName, { connection });
  const events = new bullmq.QueueEvents(queueName, { connection });
  queue.on("error", () => {}); // told by the link
  events.on("error", () => {});
  await events.waitUntilReady();
  return {
    run: (kind, jobs, options) =>
      runQueued({ link, queue, events, store, say, url: shownUrl(url) }, kind, jobs, options),
    async close() {
      await within(FAREWELL, Promise.allSettled([events.close(), queue.close()]));
      await link.close();
    },
  };
}

type Surroundings = {
  readonly link: RedisLink;
  readonly queue: import("bullmq").Queue<QueuedJob, string>;
  readonly events: import("bullmq").QueueEvents;
  readonly store: Store | undefined;
  readonly say: (line: string) => void;
  readonly url: string;
};

/** A job in the queue: its places in the list (the same job may be there twice), and the files it will write. */
type Pending = {
  readonly data: QueuedJob;
  readonly indices: number[];
  readonly outputs: ReadonlyMap<string, string>;
  /** How often its files were not in the store. */
  missed: number;
};

async function runQueued<Job, Result>(
  around: Surroundings,
  kind: JobKind<Job, Result>,
  jobs: readonly Job[],
  options: PoolOptions<Result>,
): Promise<JobOutcome<Result>[]> {
  const { queue, events, store, say, url, link } = around;
  const { signal, jobTimeoutMs = POOL_DEFAULTS.jobTimeoutMs } = options;
  const ledger = createOutcomeLedger<Result>(jobs.length, options);
  const sender = createFileSender(store);
  const pending = new Map<string, Pending>();
  const ready = new Set<string>(); // jobs of which an event says that they have ended
  let wake = (): void => {};
  const onEnded = ({ jobId: id }: { readonly jobId: string }): void => {
    if (!pending.has(id)) return;
    ready.add(id);
    wake();
  };
  const onAbort = (): void => wake();
  events.on("completed", onEnded).on("failed", onEnded);
  signal?.addEventListener("abort", onAbort);

  const submit = (id: string, data: QueuedJob) => {
    const removal = { age: KEPT };
    return queue.add(kind.name, data, {
      jobId: id,
      attempts: ATTEMPTS,
      backoff: { type: "exponential", delay: 500 },
      removeOnComplete: removal,
      removeOnFail: removal,
    });
  };
  const prepare = async (index: number): Promise<void> => {
    const { places, outputs } = sender.places();
    let job = jobs[index];
    try {
      if (kind.moveFiles !== undefined) job = await kind.moveFiles(job, places);
    } catch (error) {
      if (error instanceof UsageError || error instanceof UnavailableError) throw error;
      const { code, message } = describeError(error); // a file of this job alone
      return ledger.settle(index, 0, { status: "failed", reason: "error", code, message });
    }
    const data = { job: encodeWire(job), timeoutMs: jobTimeoutMs };
    const id = jobId(kind.name, data);
    const twin = pending.get(id);
    if (twin !== undefined) return void twin.indices.push(index);
    pending.set(id, { data, indices: [index], outputs, missed: 0 });
    await submit(id, data);
    ready.add(id); // its answer may be there from an earlier run
  };
  /** Fetches the answer of a job that may have one. */
  const look = async (id: string): Promise<void> => {
    const own = pending.get(id);
    if (own === undefined) return;
    const found = await queue.getJob(id);
    if (found === undefined) return void (await submit(id, own.data)); // somebody else fetched it
    const { finishedOn, failedReason, returnvalue, attemptsMade } = found;
    if (finishedOn === undefined) return;
    const { end, attempts } =
      returnvalue === null || returnvalue === undefined
        ? { end: lostJob(failedReason), attempts: attemptsMade }
        : decodeEnd<Result>(returnvalue);
    const there = end.status !== "done" || (await fetchOutputs(store, id, own));
    await found.remove().catch(() => {});
    if (!there) return void (await submit(id, own.data)); // another run that asked for the same took them
    pending.delete(id);
    for (const index of own.indices) ledger.settle(index, attempts, end);
  };

  let next = 0;
  let swept = performance.now();
  let alone: number | undefined = swept;
  try {
    while (!signal?.aborted && (next < jobs.length || pending.size > 0)) {
      while (next < jobs.length && pending.size < WINDOW && !signal?.aborted) await prepare(next++);
      const asked = [...ready];
      ready.clear();
      for (const id of asked) if (!signal?.aborted) await look(id);
      if (ready.size > 0 || signal?.aborted || (next < jobs.length && pending.size < WINDOW)) continue;
      if (pending.size === 0) break;
      await within(SWEEP, new Promise<void>((resolve) => { wake = resolve; })); // biome-ignore format: one line
      if (performance.now() - swept < SWEEP) continue;
      swept = performance.now();
      for (const id of pending.keys()) ready.add(id);
      if ((await queue.getWorkersCount()) > 0) alone = undefined;
      else if (alone !== undefined && swept - alone > LONELY) {
        alone = undefined;
        say(
          `no worker is at the queue: start one with \`npx mnemosyne-mpc worker --queue ${url}\` (${link.queueName})`,
        );
      }
    }
  } finally {
    events.off("completed", onEnded).off("failed", onEnded);
    signal?.removeEventListener("abort", onAbort);
    // What nobody has begun is begun for nobody.
    await within(FAREWELL, Promise.allSettled([...pending.keys()].map((id) => queue.remove(id))));
  }
  return ledger.close(() => 0);
}

/** Waits for something that may never come, where the server is gone. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, setTimeout(ms, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
}

/** A job without an answer: whole workers died over it, or it could not be done where it was. */
function lostJob(why: string | undefined): JobEnd<never> {
  const message = why ?? "the queue lost it";
  return /stalled/.test(message)
    ? { status: "failed", reason: "crash", message: "one worker after the other died over it" }
    : { status: "failed", reason: "error", code: "io", message };
}

/** Fetches the files that a job wrote. @returns whether they were there @throws FormatError where they never are */
async function fetchOutputs(store: Store | undefined, id: string, job: Pending): Promise<boolean> {
  for (const [file, path] of job.outputs) {
    const name = outputName(id, file);
    const bytes = await store!.get(name);
    if (bytes === undefined) {
      if (++job.missed < ATTEMPTS) return false;
      throw new FormatError(
        `${name} is not in the store ${store!.url}: do workers and sender have the same --store?`,
      );
    }
    await writeFileAtomic(path, bytes);
    await store!.remove(name);
  }
  return true;
}
