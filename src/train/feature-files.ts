import { createHash } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FormatError } from "../base/index.ts";
import { type FeatureSet, featureKey, type NetSpec } from "../init-net/index.ts";
import { type LoadedFeatures, peekFeatureFile, readFeatureFile } from "../init-net/node.ts";
import { InterruptedError, makeFolder, runPool } from "../node/index.ts";
import { SCENE_KINDS } from "../scenes/index.ts";
import type { Robot } from "../sim/index.ts";
import type { FeaturizeJob, FeaturizeResult } from "./featurize-job.ts";

export type PrepareOptions = {
  /** Folders of data sets. */
  readonly folders: readonly string[];
  /** Where features are kept; by default in each data set's own folder. */
  readonly cache?: string;
  readonly spec: NetSpec;
  /** Whose data are in the shard of a folder. */
  robotOf(folder: string, shard: string): Robot;
  /** Shards at a time. */
  readonly jobs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (shards: number, all: number) => void;
};

/** The features of all shards, in memory that threads share. */
export type Features = {
  readonly set: FeatureSet;
  readonly shards: readonly LoadedFeatures[];
  /** Paths of the shards. */
  readonly files: readonly string[];
  /** Whose data they hold. */
  readonly robots: readonly Robot[];
  /** Shards whose features had to be made. */
  readonly made: number;
  /** Examples left out. */
  readonly skipped: number;
  /** Tells data apart: it is the same for the same shards in the same order. */
  readonly fingerprint: string;
};

/** Subfolder of a data set for its features. */
const CACHE_FOLDER = ".features";

/**
 * Brings the features of data sets into memory. What is missing or out of date is made, on all cores, and kept
 * beside the data.
 *
 * @throws FormatError for a folder without shards, or a shard that cannot be used
 */
export async function prepareFeatures(options: PrepareOptions): Promise<Features> {
  const { spec, robotOf, signal, jobs: size, onProgress } = options;
  const key = featureKey(spec);
  const plans: FeaturizeJob[] = [];
  for (const folder of options.folders) {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".arrow")).sort();
    if (names.length === 0)
      throw new FormatError(`${folder} holds no shard (*.arrow): expected the folder of a data set`);
    const cache = cacheFolder(folder, key, options.cache);
    await makeFolder(cache);
    if (options.cache === undefined) await writeFile(join(folder, CACHE_FOLDER, ".gitignore"), "*\n");
    for (const name of names) {
      const file = join(cache, `${name}.features`);
      plans.push({ shard: join(folder, name), name, file, spec, robot: robotOf(folder, name) });
    }
  }
  const missing: FeaturizeJob[] = [];
  for (const plan of plans) if (!(await isFresh(plan, key))) missing.push(plan);
  const problems: string[] = [];
  await runPool<FeaturizeJob, FeaturizeResult>(new URL("./featurize-worker.js", import.meta.url), missing, {
    size,
    signal,
    jobTimeoutMs: 3_600_000,
    onProgress: (ended) => onProgress?.(ended, missing.length),
    onResult: (outcome) => {
      if (outcome.status === "failed" && outcome.reason !== "stopped") problems.push(outcome.message);
    },
  });
  if (signal?.aborted === true) throw new InterruptedError();
  if (problems.length > 0)
    throw new FormatError(
      `${problems.length} of ${plans.length} shards cannot be used: ${problems.slice(0, 3).join("; ")}`,
    );
  const shards: LoadedFeatures[] = [];
  for (const { file } of plans) shards.push(await readFeatureFile(file, spec));
  const hash = createHash("sha256");
  for (const { header } of shards)
    hash.update(`${header.source.name} ${header.source.size} ${header.length}\n`);
  return {
    set: { spec, kinds: SCENE_KINDS, shards: shards.map(({ rows }) => rows) },
    shards,
    files: plans.map(({ shard }) => shard),
    robots: plans.map(({ robot }) => robot),
    made: missing.length,
    skipped: shards.flatMap(({ header }) => Object.values(header.skipped)).reduce((a, b) => a + b, 0),
    fingerprint: hash.digest("hex").slice(0, 16),
  };
}

function cacheFolder(folder: string, key: string, cache: string | undefined): string {
  const short = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
  if (cache === undefined) return join(folder, CACHE_FOLDER, short(key));
  return join(cache, short(resolve(folder)), short(key));
}

async function isFresh({ shard, name, file }: FeaturizeJob, key: string): Promise<boolean> {
  const header = await peekFeatureFile(file);
  if (header === undefined || header.key !== key) return false;
  if (header.kinds.join() !== SCENE_KINDS.join()) return false;
  const { size, mtimeMs } = await stat(shard);
  return header.source.name === name && header.source.size === size && header.source.modified === mtimeMs;
}
