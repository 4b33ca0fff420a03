import { readFile } from "node:fs/promises";
import { FormatError } from "../base/index.ts";
import { getRobot, parseRobot, type Robot } from "../sim/index.ts";
import { complainAbout } from "./errors.ts";

/** A robot of the house or one from a JSON file. @throws ConfigError, FormatError naming the file */
export async function openRobot(name: string): Promise<Robot> {
  if (!name.toLowerCase().endsWith(".json")) return getRobot(name);
  return complainAbout(name, async () => {
    const text = await readFile(name, "utf8");
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new FormatError(`not JSON: ${(error as Error).message}`, { cause: error });
    }
    return parseRobot(json);
  });
}
