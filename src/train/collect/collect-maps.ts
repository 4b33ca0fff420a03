import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { ConfigError } from "../../base/index.ts";
import { complainAbout, readMapFile } from "../../node/index.ts";
import { type ExampleWorld, SPLITS, splitOf } from "../../scenes/index.ts";
import type { OccupancyGrid } from "../../sim/index.ts";
import { type ShardPlan, worldsPerShard } from "./plan-shards.ts";
import { type RobotLine, robotOfShard } from "./robot-line.ts";

/** A map to drive on: what it is called in a data set, its YAML file, and what tells its content from another's. */
export type MapSource = { readonly name: string; readonly file: string; readonly id: string };

/**
 * The maps of a list of files and folders; of a folder all `*.yaml` and `*.yml` in it. Each is read, so that one that is
 * broken is said to be before anything is collected.
 *
 * @throws ConfigError for a folder without maps, or two maps of one name; FormatError naming a file that is no map
 */
export async function findMaps(paths: readonly string[]): Promise<MapSource[]> {
  const files: string[] = [];
  for (const path of paths) {
    const isFolder = await complainAbout(path, async () => (await stat(path)).isDirectory());
    const found = isFolder ? (await readdir(path)).filter(isMapFile).map((file) => join(path, file)) : [path];
    if (found.length === 0)
      throw new ConfigError(`${path} holds no map, expected *.yaml with its image beside it`);
    files.push(...found.sort());
  }
  const maps = files.map((file) => ({ name: nameOf(file), file }));
  const twice = maps.find(({ name }, at) => maps.findIndex((map) => map.name === name) !== at);
  if (twice !== undefined)
    throw new ConfigError(`two maps are called "${twice.name}" (${twice.file}), expected names that differ`);
  const found: MapSource[] = [];
  for (const map of maps) found.push({ ...map, id: idOf(await readMapFile(map.file)) });
  return found;
}

function idOf({ width, height, resolution, origin, cells }: OccupancyGrid): string {
  const frame = JSON.stringify([width, height, resolution, origin]);
  return createHash("sha256").update(frame).update(cells).digest("hex").slice(0, 16);
}

function isMapFile(file: string): boolean {
  return [".yaml", ".yml"].includes(extname(file).toLowerCase());
}

/** A file's name as it may stand in a shard's name. */
function nameOf(file: string): string {
  return basename(file, extname(file)).replace(/[^\w-]+/g, "-");
}

/**
 * Puts drives on maps into shards, each of one map and one split: maps in turn. A drive is for training or validation as
 * a world is; more drives leave all shards but the last of each map and split as they were.
 */
export function planMapShards(maps: readonly MapSource[], drives: number, line: RobotLine): ShardPlan[] {
  const size = worldsPerShard(line);
  const plans: (ShardPlan & { readonly last: number })[] = [];
  for (const split of SPLITS) {
    const shards = maps.map(({ name, file }, at) => {
      const count = Math.ceil((drives - at) / maps.length);
      const all = Array.from(
        { length: count },
        (_, seed): ExampleWorld => ({ family: "map", map: name, seed }),
      );
      return { name, file, worlds: all.filter((world) => splitOf(world) === split) };
    });
    for (const [at, { name, file: map, worlds }] of shards.entries())
      for (let n = 0; n * size < worlds.length; n++) {
        const part = worlds.slice(n * size, (n + 1) * size);
        const file = `${split}-${name}-${String(n).padStart(5, "0")}.arrow`;
        const robot = robotOfShard(line, split, n * maps.length + at);
        plans.push({ file, robot, worlds: part, map, last: part[part.length - 1].seed });
      }
  }
  return plans.sort((a, b) => a.last - b.last).map(({ last: _, ...plan }) => plan);
}
