import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createJobThread, describeError, type JobEnd, type JobKind, type JobThread, POOL_DEFAULTS, UnavailableError } from "../node/index.ts"; // biome-ignore format: one line
import { createFileReceiver } from "./job-files.ts";
import { encodeEnd, isJobId, outputName, type QueuedJob } from "./queued-job.ts";
import { openRedis } from "./redis-link.ts";
import type { Store } from "./store.ts";
import { decodeWire } from "./wire.ts";

/** What a worker takes from where. */
export type ServeQueueOptions = {
  /** redis://HOST:PORT */
  readonly url: string;
  /** Where files of jobs are; without one, jobs with files fail. */
  readonly store: Store | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a job of its own
  readonly kinds: readonly JobKind<any, unknown>[];
  /** Jobs at a time. */
  readonly jobs: number;
  /** A worker that is silent for so long is taken for dead, and its jobs are given to others. [s] */
  readonly stall_s: number;
  /** End after so long without a job [s]; undefined: never. */
  readonly idle_s?: number;
  /** No further job after that; those begun are finished. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Hears of every job that ended here. */
  readonly onJob?: (kind: string, end: JobEnd<unknown>, seconds: number) => void;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
};

/** What a worker did. */
export type ServedJobs = { readonly done: number; readonly failed: number };

/** How often a job may take a whole worker process with it before it is given up. */
const MOST_STALLS = 5;

/**
 * Takes jobs from a queue and does them in threads until it is told to end. Survives what a job does to its thread, as
 * `runPool` does; where the whole process dies, other workers take its jobs over.
 *
 * @throws as `openRedis`
 */
export async function serveQueue(options: ServeQueueOptions): Promise<ServedJobs> {
  const { url, store, jobs, stall_s, idle_s, signal, say, onJob, now } = options;
  const kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
  const link = await openRedis(url, say);
  const files = await createFileReceiver(store);
  const threads = createThreads(jobs);
  const counts = { done: 0, failed: 0 };
  let active = 0;
  let lastBusy = now();

  const perform = async (id: string, name: string, { job, timeoutMs }: QueuedJob): Promise<string> => {
    if (!isJobId(id)) return encodeEnd(failure("format", `'${id.slice(0, 80)}' is no name of a job`), 0);
    const kind = kinds.get(name);
    if (kind === undefined)
      return encodeEnd(failure("config", `this worker does not know jobs of the kind '${name}'`), 0);
    const began = now();
    const { places, outputs } = files.places(id);
    const { end, attempts } = await attempt(async () => {
      const plain = decodeWire(job);
      const moved = kind.moveFiles === undefined ? plain : await kind.moveFiles(plain, places);
      return threads.ask(kind.worker, moved, timeoutMs);
    });
    if (end.status === "done")
      for (const [file, path] of outputs) {
        await store!.put(outputName(id, file), await readFile(path));
        await rm(dirname(path), { recursive: true, force: true });
      }
    counts[end.status]++;
    onJob?.(name, end, (now() - began) / 1000);
    return encodeEnd(end, attempts);
  };

  const worker = new link.bullmq.Worker<QueuedJob, string>(
    link.queueName,
    async (job) => {
      active++;
      try {
        return await perform(job.id!, job.name, job.data);
      } finally {
        active--;
        lastBusy = now();
      }
    },
    {
      connection: link.connection,
      concurrency: jobs,
      lockDuration: 1000 * stall_s,
      stalledInterval: 1000 * stall_s,
      maxStalledCount: MOST_STALLS,
      drainDelay: 1,
    },
  );
  worker.on("error", () => {}); // told by the link
  await untilTold(signal, () => idle_s !== undefined && active === 0 && now() - lastBusy > 1000 * idle_s);
  if (active > 0) say(`finishes ${active} begun; told once more it ends at once, and others do them again`);
  await worker.close();
  await threads.close();
  await files.close();
  await link.close();
  return counts;
}

function failure(code: string, message: string): JobEnd<never> {
  return { status: "failed", reason: "error", code, message };
}

type Attempt = { readonly end: JobEnd<unknown>; readonly attempts: number };

/** An error before the job began is the job's: a damaged file, a store that is not the sender's. */
async function attempt(perform: () => Promise<Attempt>): Promise<Attempt> {
  try {
    return await perform();
  } catch (error) {
    if (error instanceof UnavailableError) throw error; // the surroundings': the queue has it tried again
    const { code, message } = describeError(error);
    return { end: failure(code, message), attempts: 0 };
  }
}

/** How often it is looked whether a worker is idle. [ms] */
const LOOK = 200;

async function untilTold(signal: AbortSignal, isOver: () => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(() => {
      if (signal.aborted || isOver()) end();
    }, LOOK);
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Threads that are kept from one job to the next, so that networks stay loaded; at most `most` of them idle. */
function createThreads(most: number) {
  type Idle = { readonly url: string; readonly thread: JobThread<unknown, unknown> };
  const idle: Idle[] = [];
  return {
    /** Does a job, once more in a fresh thread where the first crashes. */
    async ask(url: URL, job: unknown, timeoutMs: number): Promise<Attempt> {
      const at = idle.findIndex((one) => one.url === url.href);
      const thread = at >= 0 ? idle.splice(at, 1)[0].thread : createJobThread(url, POOL_DEFAULTS.heapMb);
      let attempts = 0;
      let end: JobEnd<unknown>;
      do {
        attempts++;
        end = await thread.ask(job, timeoutMs);
      } while (end.status === "failed" && end.reason === "crash" && attempts <= POOL_DEFAULTS.retries);
      idle.push({ url: url.href, thread });
      if (idle.length > most) await idle.shift()!.thread.end();
      return { end, attempts };
    },
    close: () => Promise.all(idle.map(({ thread }) => thread.end())),
  };
}
