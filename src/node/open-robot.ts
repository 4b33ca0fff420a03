import { readFile } from "node:fs/promises";
import { parseJson } from "../base/index.ts";
import { getRobot, parseRobot, type Robot } from "../sim/index.ts";
import { complainAbout } from "./errors.ts";

/** A robot of the house or one from a JSON file. @throws ConfigError, FormatError naming the file */
export async function openRobot(name: string): Promise<Robot> {
  if (!name.toLowerCase().endsWith(".json")) return getRobot(name);
  return complainAbout(name, async () => parseRobot(parseJson(await readFile(name, "utf8"))));
}
