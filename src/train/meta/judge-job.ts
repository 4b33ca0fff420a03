import { MpcError } from "../../base/index.ts";
import { createExecutor } from "../../graph/node.ts";
import type { JobKind, JobRunner } from "../../node/index.ts";
import {
  createLearnedModel,
  createMetaJudge,
  joinRuns,
  type LearnedSpec,
  type MetaJudge,
  type MetaJudgement,
} from "../../optim/index.ts";
import { createAdam } from "../../rules/index.ts";
import type { MetaPlan } from "./meta-request.ts";
import { openMetaTasks } from "./meta-tasks.ts";
import type { OptimizeeRef } from "./optimizee-list.ts";

/** What a run of a validation depends on but for what is judged and its start; plain data. */
type JudgeBench = {
  readonly spec: LearnedSpec;
  readonly optimizee: OptimizeeRef;
  readonly data: string;
  readonly batch: number;
  readonly horizons: readonly number[];
  readonly seed: number;
};

/** One run of a validation, as plain data. */
export type JudgeJob = {
  readonly bench: JudgeBench;
  /** Weights of the design, or Adam at a rate. */
  readonly judged: { readonly weights: Float32Array } | { readonly adam: number };
  readonly start: number;
};

/** A run of a validation as a job for any machine that has the images. */
export const META_JUDGE: JobKind<JudgeJob, number[]> = {
  name: "meta-train",
  worker: new URL(`./judge-worker${import.meta.url.slice(-3)}`, import.meta.url),
};

/** The longest run. [ms] */
const LONGEST_MS = 3_600_000;
/** Heap of a worker: it holds the images. [MiB] */
const HEAP_MB = 2048;

/** Benches that were opened: those of one validation after the other are the same. */
const opened = new Map<string, Promise<MetaJudge>>();

/** Losses of one run after each of its horizons: the same numbers, wherever it is made. */
export async function judgeRun({ bench, judged, start }: JudgeJob): Promise<number[]> {
  const key = JSON.stringify(bench);
  const judge = opened.get(key) ?? openJudge(bench);
  opened.set(key, judge);
  judge.catch(() => opened.delete(key)); // another try begins anew
  const what = "adam" in judged ? { optimizer: createAdam({ learningRate: judged.adam }) } : judged;
  return (await judge).run(what, 0, start);
}

async function openJudge({ spec, optimizee, data, batch, horizons, seed }: JudgeBench): Promise<MetaJudge> {
  const refs = [optimizee];
  const { judged } = await openMetaTasks({ optimizees: refs, judgedBy: refs, data, batch });
  return createMetaJudge({
    model: createLearnedModel(spec),
    tasks: judged,
    horizons,
    starts: 1,
    seed,
    createExecutor: (model, state) => createExecutor(model, { device: "cpu", threads: 1, state }),
  });
}

/** What validates: weights, and Adam at a rate to compare them with. */
export type Validator = Pick<MetaJudge, "judge"> & {
  judgeAdam(rate: number, signal?: AbortSignal): Promise<MetaJudgement>;
};

/** A judge whose runs are made wherever `run` does jobs, all of a validation at a time. */
export function createRunnerJudge(
  run: JobRunner,
  { spec, judgedBy, data, batch, horizons, starts }: MetaPlan,
  seed: number,
): Validator {
  const judge = async (judged: JudgeJob["judged"], signal?: AbortSignal): Promise<MetaJudgement> => {
    const jobs = judgedBy.flatMap((optimizee) => {
      const bench: JudgeBench = { spec, optimizee, data, batch, horizons, seed };
      return Array.from({ length: starts }, (_, start): JudgeJob => ({ bench, judged, start }));
    });
    const outcomes = await run(META_JUDGE, jobs, { size: jobs.length, jobTimeoutMs: LONGEST_MS, heapMb: HEAP_MB, signal }); // biome-ignore format: one line
    signal?.throwIfAborted();
    const runs = outcomes.map((outcome) => {
      if (outcome.status === "done") return outcome.result;
      throw new MpcError("worker", `a run of the validation could not be made: ${outcome.message}`);
    });
    return joinRuns(runs, starts);
  };
  return {
    judge: (weights, signal) => judge({ weights }, signal),
    judgeAdam: (adam, signal) => judge({ adam }, signal),
  };
}
