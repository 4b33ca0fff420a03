import { Worker } from "node:worker_threads";
import { check, errorOf } from "../base/index.ts";
import type { Evaluation } from "./evaluator.ts";
import type { ExampleRunner } from "./example-runner.ts";
import type { ExampleDraw } from "./feature-set.ts";
import type { ExampleDrawPart, RunnerReply, RunnerRequest, RunnerSetup } from "./runner-messages.ts";
import { netLayout } from "./training-models.ts";

export type ParallelRunnerOptions = Pick<RunnerSetup, "spec" | "shards" | "loss"> & {
  /** Examples per gradient: a multiple of `threads`. */
  readonly batch: number;
  /** >= 1 */
  readonly threads: number;
  /** Module of a thread; for tests that run from sources. */
  readonly workerUrl?: URL;
};

/** A thread ended that was needed. */
export class WorkerError extends errorOf("worker") {}

/**
 * A runner that spreads every batch over worker threads, each with a session of its own: the gradient is the
 * mean of theirs, added up in the order of the threads. Parameters and gradients lie in shared memory.
 *
 * @throws ConfigError for a batch that cannot be shared out evenly, WorkerError where a thread does not start
 */
export async function createParallelRunner(options: ParallelRunnerOptions): Promise<ExampleRunner> {
  const { spec, shards, batch, threads, loss } = options;
  check("batch", batch, batch % threads === 0, `a multiple of ${threads}, the number of threads`);
  const url = options.workerUrl ?? new URL("./runner-worker.js", import.meta.url);
  const { total } = netLayout(spec);
  const share = batch / threads;
  const shared = new SharedArrayBuffer(4 * total);
  const parametersOut = new Float32Array(shared);
  const members = Array.from({ length: threads }, () =>
    hire(url, {
      spec,
      shards,
      batch: share,
      loss,
      parameters: shared,
      gradient: new SharedArrayBuffer(4 * total),
    }),
  );
  const gradient = new Float32Array(total);
  const numbers = new WeakMap<ExampleDraw, number>();
  let drawn = 0;
  const partsOf = (draw: ExampleDraw): ExampleDrawPart[] => {
    const number = numbers.get(draw) ?? ++drawn;
    numbers.set(draw, number);
    return members.map((_, t) => ({
      number,
      examples: draw.examples.slice(t * share, (t + 1) * share),
      mirrors: draw.mirrors?.slice(t * share, (t + 1) * share),
    }));
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  };
  try {
    await Promise.all(members.map(({ ready }) => ready));
  } catch (error) {
    await dispose();
    throw error;
  }

  return {
    description: `${threads} ${threads === 1 ? "thread" : "threads"} on cpu`,
    prepare(draw) {
      for (const [t, part] of partsOf(draw).entries()) members[t].tell({ act: "prepare", part });
    },
    async gradient(parameters, draw) {
      parametersOut.set(parameters);
      const parts = partsOf(draw);
      const replies = await Promise.all(
        members.map((member, t) => member.ask((id) => ({ act: "gradient", id, part: parts[t] }))),
      );
      let sum = 0;
      for (const reply of replies) sum += "loss" in reply ? reply.loss : Number.NaN;
      gradient.set(members[0].gradient);
      for (const member of members.slice(1)) {
        const own = member.gradient;
        for (let i = 0; i < total; i++) gradient[i] += own[i];
      }
      if (threads > 1) for (let i = 0; i < total; i++) gradient[i] /= threads;
      return { loss: sum / threads, gradient };
    },
    async evaluate(parameters, examples) {
      parametersOut.set(parameters);
      const part = Math.ceil(examples.length / threads);
      const replies = await Promise.all(
        members.map((member, t) =>
          member.ask((id) => ({ act: "evaluate", id, examples: examples.slice(t * part, (t + 1) * part) })),
        ),
      );
      const found = replies.flatMap((reply) => ("evaluation" in reply ? [reply.evaluation] : []));
      return {
        trajectories: join(found, "trajectories"),
        scores: join(found, "scores"),
        errors: join(found, "errors"),
      };
    },
    dispose,
  };
}

function join(parts: readonly Evaluation[], name: keyof Evaluation): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part[name].length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part[name], at);
    at += part[name].length;
  }
  return all;
}

type Member = {
  readonly worker: Worker;
  readonly gradient: Float32Array;
  readonly ready: Promise<RunnerReply>;
  tell(request: RunnerRequest): void;
  /** Rejects where the thread fails or ends. */
  ask(make: (id: number) => RunnerRequest): Promise<RunnerReply>;
};

function hire(url: URL, setup: RunnerSetup): Member {
  const worker = new Worker(url, { workerData: setup });
  type Waiting = { readonly resolve: (reply: RunnerReply) => void; readonly reject: (error: Error) => void };
  const waiting = new Map<number, Waiting>();
  let dead: WorkerError | undefined;
  let asked = 0;
  const wait = (id: number): Promise<RunnerReply> =>
    new Promise((resolve, reject) => {
      if (dead !== undefined) reject(dead);
      else waiting.set(id, { resolve, reject });
    });
  const die = (error: WorkerError): void => {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  };
  worker.on("message", (reply: RunnerReply) => {
    const who = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("error" in reply) who?.reject(new WorkerError(`a training thread failed: ${reply.error}`));
    else who?.resolve(reply);
  });
  worker.on("error", (error) =>
    die(new WorkerError(`a training thread failed: ${error.message}`, { cause: error })),
  );
  worker.on("exit", (code) => die(new WorkerError(`a training thread ended with status ${code}`)));
  const ready = wait(0);
  ready.catch(() => {}); // heard again by whoever awaits it
  return {
    worker,
    gradient: new Float32Array(setup.gradient),
    ready,
    tell: (request) => worker.postMessage(request),
    ask(make) {
      const id = ++asked;
      const reply = wait(id);
      worker.postMessage(make(id));
      return reply;
    },
  };
}
