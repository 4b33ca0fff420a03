import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, FormatError } from "../../linalg/index.ts";
import { DATASET_FORMAT, readShard, type ShardInfo } from "../../planner/dataset.ts";
import type { KindShares } from "../../planner/index.ts";
import type { Robot } from "../../sim/index.ts";
import { complainAbout } from "../errors.ts";
import { writeFileAtomic } from "../write-file.ts";
import { worldName } from "./collect-job.ts";
import type { ShardPlan } from "./plan-shards.ts";

export const MANIFEST = "manifest.json";

/** What all shards of a folder have in common, and what they hold once collecting has ended. */
export type Manifest = {
  readonly format: string;
  readonly options: ManifestOptions;
  readonly versions: Readonly<Record<string, string>>;
  /** Shards in their order; empty until a collection has ended. */
  readonly shards: readonly ShardRow[];
};
export type ManifestOptions = {
  readonly robot: Robot;
  readonly seed: number;
  readonly kinds: KindShares;
};
export type ShardRow = Pick<ShardInfo, "examples" | "kinds" | "worlds"> & { readonly file: string };

/**
 * Makes a folder ready to collect into: writes the manifest of a new one, compares that of an old one, and
 * removes half-written files.
 *
 * @throws ConfigError where it holds data collected with other options, or something else than a data set
 */
export async function openDatasetFolder(folder: string, manifest: Manifest): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = await readdir(folder);
  for (const file of files) {
    if (/\.(arrow|json)\.\d+\.partial$/.test(file)) await rm(join(folder, file), { force: true });
  }
  const path = join(folder, MANIFEST);
  if (!files.includes(MANIFEST)) {
    const foreign = files.find((file) => file.endsWith(".arrow"));
    if (foreign !== undefined)
      throw new ConfigError(
        `${folder} holds ${foreign} but no ${MANIFEST}: choose an empty folder for --out`,
      );
    await writeManifest(folder, manifest);
    return;
  }
  const found = await readManifest(path);
  for (const key of ["robot", "seed", "kinds"] as const) {
    const [old, now] = [found.options[key], manifest.options[key]].map((value) => JSON.stringify(value));
    if (old !== now) {
      const show = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)} ...` : text);
      throw new ConfigError(
        `${folder} was collected with ${key} ${show(String(old))}, now it is ${show(String(now))}: ` +
          "give the same options or another --out",
      );
    }
  }
}

/** Reads a manifest. @throws FormatError for one of another format */
export async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, "utf8");
  return complainAbout(path, () => {
    let json: Partial<Manifest> | null;
    try {
      json = JSON.parse(text) as Partial<Manifest> | null;
    } catch (error) {
      throw new FormatError(`not JSON: ${(error as Error).message}`, { cause: error });
    }
    if (json?.format !== DATASET_FORMAT || typeof json.options !== "object" || !Array.isArray(json.shards))
      throw new FormatError(
        `not the manifest of a data set: format is "${json?.format}", expected "${DATASET_FORMAT}"`,
      );
    return json as Manifest;
  });
}

export function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeFileAtomic(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** What an existing shard holds; undefined where it is not there, damaged, or of other worlds. */
export async function findShard(folder: string, plan: ShardPlan): Promise<ShardInfo | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(folder, plan.file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { info } = readShard(bytes);
    const same = JSON.stringify(info.worlds) === JSON.stringify(plan.worlds.map(worldName));
    return same ? info : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
