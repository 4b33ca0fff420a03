import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, FormatError } from "../base/index.ts";
import { robotMisfits } from "../init-net/index.ts";
import { complainAbout, readForeign } from "../node/index.ts";
import { parseRobot, ROBOTS, type Robot } from "../sim/index.ts";
import { findManifest } from "./collect/dataset-folder.ts";

/**
 * The robot that data sets were collected with: as their manifests say it, or, without one, the robot of the house by the
 * name in a shard. What it is called may differ from one to the next, what it is may not.
 *
 * @param folders of data sets, at least one
 * @param asked the robot that the user says it is, if any
 * @throws ConfigError naming what differs, between two data sets or from the robot asked for; FormatError for a folder
 *   without shards
 */
export async function robotOfData(folders: readonly string[], asked?: Robot): Promise<Robot> {
  let first: { readonly folder: string; readonly robot: Robot } | undefined;
  for (const folder of folders) {
    const robot = await readRobotOf(folder, asked);
    if (first === undefined) first = { folder, robot };
    else refuseMisfits(`${folder} was collected with another robot than ${first.folder}`, robot, first.robot);
  }
  const { folder, robot } = first!;
  if (asked !== undefined)
    refuseMisfits(`${folder} was collected with another robot than --robot ${asked.name}`, robot, asked);
  return asked ?? robot;
}

function refuseMisfits(what: string, got: Robot, expected: Robot): void {
  const misfits = robotMisfits(got, expected);
  if (misfits.length > 0) throw new ConfigError(`${what}: ${misfits.join("; ")}`);
}

async function readRobotOf(folder: string, asked: Robot | undefined): Promise<Robot> {
  const manifest = await findManifest(folder);
  if (manifest?.options.robots !== undefined)
    throw new ConfigError(`${folder} holds scenes of several robots, expected a data set of one`);
  if (manifest !== undefined)
    return complainAbout(join(folder, "manifest.json"), () => parseRobot(manifest.options.robot));
  const shard = (await readdir(folder)).sort().find((name) => name.endsWith(".arrow"));
  if (shard === undefined)
    throw new FormatError(`${folder} holds no shard (*.arrow): expected the folder of a data set`);
  const path = join(folder, shard);
  const { robot: name } = await readForeign("shard", path);
  if (Object.hasOwn(ROBOTS, name)) return ROBOTS[name as keyof typeof ROBOTS];
  if (asked !== undefined) return asked;
  throw new ConfigError(
    `${folder} has no manifest.json that says what robot '${name}' is: expected --robot FILE.json`,
  );
}
