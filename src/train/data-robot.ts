import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigError, FormatError } from "../base/index.ts";
import { robotMisfits } from "../init-net/index.ts";
import { complainAbout, createForeignReader } from "../node/index.ts";
import type { ShardInfo } from "../scenes/index.ts";
import { parseRobot, ROBOTS, type Robot } from "../sim/index.ts";
import { findManifest } from "./collect/dataset-folder.ts";

/** Whose data a shard holds. */
export type ShardRobot = { readonly folder: string; readonly shard: string; readonly robot: Robot };

/**
 * The robot of every shard of data sets: as the folder's manifest says it, or, where it holds several robots or has no
 * manifest, as the shard does itself.
 *
 * @param folders of data sets, at least one
 * @param asked the robot of shards that do not say whose they are
 * @throws FormatError for a folder without shards; ConfigError where nobody knows the robot
 */
export async function robotsOfData(folders: readonly string[], asked?: Robot): Promise<ShardRobot[]> {
  const reader = createForeignReader("shard");
  try {
    const found: ShardRobot[] = [];
    for (const folder of folders) found.push(...(await robotsOfFolder(folder, reader, asked)));
    return found;
  } finally {
    await reader.end();
  }
}

async function robotsOfFolder(
  folder: string,
  reader: { read(file: string): Promise<ShardInfo> },
  asked: Robot | undefined,
): Promise<ShardRobot[]> {
  const shards = (await readdir(folder)).filter((name) => name.endsWith(".arrow")).sort();
  if (shards.length === 0)
    throw new FormatError(`${folder} holds no shard (*.arrow): expected the folder of a data set`);
  const all = await robotOfFolder(folder);
  const found: ShardRobot[] = [];
  for (const shard of shards) {
    const path = join(folder, shard);
    const robot = all ?? (await robotOfShard(path, await reader.read(path), asked));
    found.push({ folder, shard, robot });
  }
  return found;
}

/** The robot that a folder's manifest names, where it is one for all its shards. */
async function robotOfFolder(folder: string): Promise<Robot | undefined> {
  const robot = (await findManifest(folder))?.options.robot;
  if (robot === undefined) return undefined;
  return complainAbout(join(folder, "manifest.json"), () => parseRobot(robot));
}

async function robotOfShard(
  path: string,
  { robot, robotFile }: ShardInfo,
  asked: Robot | undefined,
): Promise<Robot> {
  if (robotFile !== undefined) return complainAbout(path, async () => parseRobot(robotFile));
  if (Object.hasOwn(ROBOTS, robot)) return ROBOTS[robot as keyof typeof ROBOTS];
  if (asked !== undefined) return asked;
  throw new ConfigError(
    `${dirname(path)} has no manifest.json that says what robot '${robot}' is: expected --robot FILE.json`,
  );
}

/**
 * The one robot of data sets. What it is called may differ from one to the next, what it is may not.
 *
 * @param asked the robot that the user says it is, if any
 * @throws ConfigError naming what differs, between two shards or from the robot asked for
 */
export function oneRobotOf(data: readonly ShardRobot[], asked?: Robot): Robot {
  const [first] = data;
  for (const { folder, shard, robot } of data) {
    const [own, other] =
      folder === first.folder ? [join(folder, shard), first.shard] : [folder, first.folder];
    const what = `${own} was collected with another robot than ${other}`;
    refuseMisfits(what, robot, first.robot, "; --preset robots trains one network for all of them");
  }
  if (asked !== undefined) {
    const what = `${first.folder} was collected with another robot than --robot ${asked.name}`;
    refuseMisfits(what, first.robot, asked);
  }
  return asked ?? first.robot;
}

/** Whether data sets are of one robot, whatever it is called. */
export function isOneRobot([first, ...others]: readonly ShardRobot[]): boolean {
  return others.every(({ robot }) => robot === first.robot || robotMisfits(robot, first.robot).length === 0);
}

function refuseMisfits(what: string, got: Robot, expected: Robot, advice = ""): void {
  const misfits = robotMisfits(got, expected);
  if (misfits.length > 0) throw new ConfigError(`${what}: ${misfits.join("; ")}${advice}`);
}
