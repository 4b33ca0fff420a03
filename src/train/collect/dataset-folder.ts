import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, FormatError, parseJson } from "../../base/index.ts";
import { complainAbout, makeFolder, readFileIfThere, readText, writeFileAtomic } from "../../node/index.ts";
import { DATASET_FORMAT, type ExpertOptions, type KindShares, type ShardInfo } from "../../scenes/index.ts";
import type { Robot } from "../../sim/index.ts";
import { worldName } from "./collect-job.ts";
import type { MapSource } from "./collect-maps.ts";
import type { ShardPlan } from "./plan-shards.ts";
import type { RobotLine } from "./robot-line.ts";

const MANIFEST = "manifest.json";

/** What all shards of a folder have in common, and what each holds, as of the end of the last run. */
export type Manifest = {
  readonly format: string;
  readonly options: ManifestOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly shards: readonly ShardRow[];
};
/** What the examples of a folder depend on. */
export type ManifestOptions = {
  /** Whose scenes they all are; absent where there are several robots, see `robots`. */
  readonly robot?: Robot;
  /** Whose scenes the shards hold by turns; each shard says whose its own are. */
  readonly robots?: RobotLine;
  readonly seed: number;
  readonly kinds: KindShares;
  /** States near that of every scene that are labelled, too; none where this is missing. */
  readonly nearby?: number;
  /** The maps that they are drives on, where they are no generated worlds; older folders do not say. */
  readonly maps?: readonly Pick<MapSource, "name" | "id">[];
  /** What the labels are optima of, and how they were sought; older folders do not say. */
  readonly expert?: ExpertOptions;
};
/** What a shard holds. */
export type ShardRow = Pick<ShardInfo, "examples" | "kinds" | "unmade" | "worlds"> & {
  readonly file: string;
};

/**
 * Makes a folder ready to collect into: writes the manifest of a new one, compares that of an old one, and
 * removes half-written files that nobody writes any more.
 *
 * @returns the manifest that the folder has now
 * @throws ConfigError where it holds data collected with other options, or something else than a data set
 */
export async function openDatasetFolder(folder: string, manifest: Manifest): Promise<Manifest> {
  await makeFolder(folder);
  const files = await readdir(folder);
  for (const file of files) {
    const writer = /\.(?:arrow|json)\.(\d+)\.partial$/.exec(file)?.[1];
    if (writer !== undefined && !isAlive(Number(writer))) await rm(join(folder, file), { force: true });
  }
  const path = join(folder, MANIFEST);
  if (!files.includes(MANIFEST)) {
    const foreign = files.find((file) => file.endsWith(".arrow"));
    if (foreign !== undefined)
      throw new ConfigError(
        `${folder} holds ${foreign} but no ${MANIFEST}: choose an empty folder for --out`,
      );
    await writeManifest(folder, manifest);
    return manifest;
  }
  const found = await readManifest(path);
  for (const key of ["robot", "robots", "nearby", "seed", "kinds", "expert", "maps"] as const) {
    if ((key === "expert" || key === "maps") && found.options[key] === undefined) continue;
    const [old, now] = [found.options[key], manifest.options[key]].map((value) => JSON.stringify(value));
    if (old !== now) {
      const show = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)} ...` : text);
      throw new ConfigError(
        `${folder} was collected with ${key} ${show(String(old))}, now it is ${show(String(now))}: ` +
          "give the same options or another --out",
      );
    }
  }
  return found;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Reads a manifest. @throws FormatError for one of another format */
async function readManifest(path: string): Promise<Manifest> {
  return complainAbout(path, async () => {
    const json = parseJson(await readText(path)) as Partial<Manifest> | null;
    if (json?.format !== DATASET_FORMAT || typeof json.options !== "object" || !Array.isArray(json.shards))
      throw new FormatError(
        `not the manifest of a data set: format is "${json?.format}", expected "${DATASET_FORMAT}"`,
      );
    return json as Manifest;
  });
}

/** The manifest of a folder, where it has one. @throws FormatError for one of another format */
export async function findManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, MANIFEST);
  return (await readFileIfThere(path)) === undefined ? undefined : readManifest(path);
}

/** Writes the manifest of a folder, whole or not at all. */
export function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeFileAtomic(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
}

/**
 * What an existing shard holds; undefined where it is not there, damaged, or has only the first of its worlds, as
 * the last shard of a smaller collection does.
 *
 * @param read a shard, see `createForeignReader`
 * @throws ConfigError where it holds other worlds: it is of another collection
 */
export async function findShard(
  folder: string,
  plan: ShardPlan,
  read: (file: string) => Promise<ShardInfo>,
): Promise<ShardInfo | undefined> {
  const file = join(folder, plan.file);
  if (!existsSync(file)) return undefined;
  let info: ShardInfo;
  try {
    info = await read(file);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  const wanted = plan.worlds.map(worldName);
  const common = Math.min(wanted.length, info.worlds.length);
  if (wanted.slice(0, common).join() !== info.worlds.slice(0, common).join())
    throw new ConfigError(
      `${folder} holds other worlds: ${plan.file} is of ${info.worlds.join(", ")}, now it would be of ` +
        `${wanted.join(", ")}; give the same --worlds, more of them, or another --out`,
    );
  const said = info.robotFile;
  if (said !== undefined && JSON.stringify(said) !== JSON.stringify(plan.robot))
    throw new ConfigError(
      `${folder} holds scenes of other robots: ${plan.file} is of ${said.name}, now it would be of ` +
        `${plan.robot.name}; give the same --robots and --robot-seed, or another --out`,
    );
  return common === wanted.length ? info : undefined;
}
