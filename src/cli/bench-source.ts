import { InvalidArgumentError } from "commander";
import { readMapFile, UsageError } from "../node/index.ts";
import { familySource, mapSource, type SceneSource, worldSource } from "../scenes/index.ts";
import { type Robot, WORLD_FAMILIES, type WorldFamily, type WorldId } from "../sim/index.ts";
import { type FlagValues, flag } from "./flag-table.ts";
import type { SharedOptions } from "./options.ts";
import { parseWorld, parseWorlds } from "./parse-values.ts";

/** What `--worlds` names: whole families, or worlds one by one. */
export type WorldChoice =
  | { readonly kind: "families"; readonly families: readonly WorldFamily[] }
  | { readonly kind: "worlds"; readonly text: string; readonly worlds: readonly WorldId[] };

/** Where a benchmark drives; `--map` is a shared option. */
export const SOURCE_FLAGS = {
  worlds: flag(
    "--worlds <LIST>",
    "families of unseen worlds, or FAMILY:FROM-TO, separated by commas (every family)",
    parseWorldList,
  ),
};

/** Reads `cells,rooms` or `cells:0-9,maze:3`. */
export function parseWorldList(text: string): WorldChoice {
  const parts = text.slice(0, 1000).split(",");
  const named = parts.filter((part) => part.includes(":")).length;
  if (named === 0) {
    const families = [...new Set(parts.map((part) => parseWorld(part).family))];
    return { kind: "families", families };
  }
  if (named < parts.length)
    throw new InvalidArgumentError(
      "Give families alone (cells,maze), or each with its seeds (cells:0-9,maze:3).",
    );
  return { kind: "worlds", text, worlds: parts.flatMap((part) => parseWorlds(part)) };
}

/** Where a benchmark drives, as plain data. */
export type SourceRef = FlagValues<typeof SOURCE_FLAGS> & Pick<SharedOptions, "map" | "seed">;

/** Opens where a benchmark drives. @throws UsageError where a map and worlds are given, FormatError for a malformed map */
export async function openSource({ worlds, map, seed }: SourceRef, robot: Robot): Promise<SceneSource> {
  if (map !== undefined && worlds !== undefined) throw new UsageError("Give --map or --worlds, not both.");
  if (map !== undefined) return mapSource(map, await readMapFile(map), robot, seed);
  if (worlds?.kind === "worlds") return worldSource(worlds.text, worlds.worlds, robot);
  return familySource(worlds?.families ?? WORLD_FAMILIES, seed, robot);
}
