import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createForeignReader, InterruptedError, type JobRunner, runHere } from "../../node/index.ts";
import { type KindShares, SCENE_KINDS, type SceneKind, type ShardInfo } from "../../scenes/index.ts";
import { COLLECT_SHARD, type CollectJob, worldName } from "./collect-job.ts";
import { findShard, type ShardRow } from "./dataset-folder.ts";
import type { ShardPlan } from "./plan-shards.ts";

/** What is collected, where to, and by how many workers. */
export type CollectionOptions = {
  readonly folder: string;
  readonly plans: readonly ShardPlan[];
  readonly shares: KindShares;
  readonly seed: number;
  /** States near that of every scene that are labelled, too. */
  readonly nearby?: number;
  /** End after the shard with which there are so many. */
  readonly examples?: number;
  /** Workers at a time. */
  readonly jobs: number;
  /** Who makes shards; default: threads of this process. */
  readonly run?: JobRunner;
  readonly signal: AbortSignal;
  /** Monotonic clock. [ms] */
  readonly now: () => number;
  /** Is told shards done out of how many to do, and the examples made so far. */
  readonly onProgress?: (shards: number, of: number, examples: number, perSecond: number) => void;
};

/** What a folder holds after a run, and what the run added. */
export type Collection = {
  /** In the order planned, without those that are missing. */
  readonly shards: readonly ShardRow[];
  readonly made: { readonly examples: number; readonly seconds: number; readonly jobs: number };
  /** Shards that could not be made: file and why. */
  readonly failures: readonly string[];
};

/** Makes the shards that a folder lacks, in parallel. Goes on from whatever is there whole. */
export async function runCollection(options: CollectionOptions): Promise<Collection> {
  const { folder, plans, shares, seed, nearby, run = runHere, now, onProgress } = options;
  const wanted = options.examples ?? Number.POSITIVE_INFINITY;
  const rows = await findShards(options);
  const missing = [...rows.keys()].filter((at) => rows[at] === undefined);
  /** Shards, in order, up to the one with which there are enough examples; all where there never are. */
  const enoughAt = (): number => {
    let examples = 0;
    for (const [at, row] of rows.entries()) {
      if (row === undefined) break;
      examples += row.examples;
      if (examples >= wanted) return at + 1;
    }
    return plans.length;
  };

  const started = now();
  const enough = new AbortController();
  if (enoughAt() < plans.length) enough.abort();
  const size = Math.max(1, Math.min(options.jobs, missing.length));
  const made: number[] = [];
  let examples = 0;
  const seconds = (): number => Math.max((now() - started) / 1000, 1e-9);
  const failures: string[] = [];
  const jobs = missing.map((at): CollectJob => {
    const { file, ...plan } = plans[at];
    return { path: join(folder, file), ...plan, shares, seed, nearby };
  });
  await run(COLLECT_SHARD, jobs, {
    size,
    signal: AbortSignal.any([options.signal, enough.signal]),
    jobTimeoutMs: LONGEST_JOB_MS,
    onResult: (outcome) => {
      const at = missing[outcome.index];
      if (outcome.status === "failed") {
        if (outcome.reason !== "stopped") failures.push(`${plans[at].file}: ${outcome.message}`);
        return;
      }
      rows[at] = { file: plans[at].file, ...outcome.result, worlds: plans[at].worlds.map(worldName) };
      made.push(at);
      examples += outcome.result.examples;
      onProgress?.(made.length, missing.length, examples, examples / seconds());
      if (enoughAt() < plans.length) enough.abort();
    },
  });
  const end = enoughAt();
  // Workers that were ahead of the last shard wanted: without theirs, the outcome does not depend on how many there are.
  for (const at of made.filter((one) => one >= end)) {
    await rm(join(folder, plans[at].file), { force: true });
    rows[at] = undefined;
  }
  const shards = rows.filter((row) => row !== undefined);
  return { shards, made: { examples, seconds: seconds(), jobs: size }, failures };
}

/** A shard that takes longer is given up: a defect, whatever the machine. [ms] */
const LONGEST_JOB_MS = 3_600_000;

function rowOf(file: string, { examples, kinds, unmade, worlds }: ShardInfo): ShardRow {
  return { file, examples, kinds, worlds, ...(unmade && { unmade }) };
}

/** What could not be made of some shards, by kind and reason. */
export function countUnmade(shards: readonly ShardRow[]): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const { unmade = {} } of shards)
    for (const [kind, reasons] of Object.entries(unmade)) {
      sums[kind] ??= {};
      for (const [why, n] of Object.entries(reasons)) sums[kind][why] = (sums[kind][why] ?? 0) + n;
    }
  return sums;
}

/** Examples of each kind in some shards. */
export function countKinds(shards: readonly ShardRow[]): Record<SceneKind, number> {
  const count = (kind: SceneKind): number => shards.reduce((sum, { kinds }) => sum + (kinds[kind] ?? 0), 0);
  return Object.fromEntries(SCENE_KINDS.map((kind) => [kind, count(kind)])) as Record<SceneKind, number>;
}

/** What of the shards is there already. @throws InterruptedError where it was stopped meanwhile */
async function findShards({ folder, plans, signal }: CollectionOptions): Promise<(ShardRow | undefined)[]> {
  const rows: (ShardRow | undefined)[] = [];
  const { read, end } = createForeignReader("shard");
  try {
    for (const plan of plans) {
      if (signal.aborted)
        throw new InterruptedError(
          `interrupted before the first shard in ${folder}; the same command goes on`,
        );
      const info = await findShard(folder, plan, read);
      rows.push(info && rowOf(plan.file, info));
    }
  } finally {
    await end();
  }
  return rows;
}
