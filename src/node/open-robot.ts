import { parseJson } from "../base/index.ts";
import { getRobot, parseRobot, type ReversePolicy, type Robot } from "../sim/index.ts";
import { complainAbout } from "./errors.ts";
import { readText } from "./read-file.ts";

/** Whether a robot is named by the path of its file. */
export function isRobotFile(name: string): boolean {
  return name.toLowerCase().endsWith(".json");
}

/**
 * A robot of the house or one from a JSON file.
 *
 * @param reverse instead of what it says itself
 * @throws ConfigError, FormatError naming the file
 */
export async function openRobot(name: string, reverse?: ReversePolicy): Promise<Robot> {
  const robot = await readRobot(name);
  return reverse === undefined ? robot : { ...robot, reverse };
}

async function readRobot(name: string): Promise<Robot> {
  if (!isRobotFile(name)) return getRobot(name);
  return complainAbout(name, async () => parseRobot(parseJson(await readText(name))));
}
