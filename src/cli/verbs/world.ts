import { stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { makeFolder, UsageError, writeFileAtomic, writeMapFiles } from "../../node/index.ts";
import { makeWorld, type World } from "../../sim/index.ts";
import type { FlagValues } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseWorld, type WorldRef } from "../parse-values.ts";
import { DEFAULT_GOAL_TOLERANCE_M, formatScenario } from "../scenario-file.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = shared("world", "robot", "timeout", "seed", "out", "json");

/** `mnemosyne world`: writes a generated world as a map with start and goal. */
export const registerWorld = defineVerb({
  name: "world",
  summary: "write a generated world as a map with start and goal",
  description:
    "Writes a generated world: NAME.yaml and NAME.pgm for ROS map_server, and NAME.jsonl, the scenario " +
    "with start and goal for `npx mnemosyne-mpc evaluate`. --out is a folder (default: out), or a path without " +
    "ending whose last part is the NAME.",
  word: { name: "[FAMILY:SEED]", text: "the world, as with --world", parse: parseWorld },
  flags: FLAGS,
  example: "npx mnemosyne-mpc world --world cells:7 --out maps/",
  action: writeWorld,
});

async function writeWorld(
  options: FlagValues<typeof FLAGS>,
  { output }: VerbContext,
  named: WorldRef | undefined,
): Promise<VerbEnd> {
  if (named !== undefined && options.world !== undefined)
    throw new UsageError("Name one world: as the first word or with --world, not both.");
  const ref = named ?? options.world;
  if (ref === undefined) throw new UsageError("Name a world: --world FAMILY:SEED, such as cells:7.");
  const seed = ref.seed ?? options.seed;
  const world = makeWorld(ref.family, seed);

  const prefix = await outputPrefix(options.out, `${ref.family}-${seed}`);
  const files = { map: `${prefix}.yaml`, image: `${prefix}.pgm`, scenario: `${prefix}.jsonl` };
  await makeFolder(dirname(resolve(prefix)));
  await writeMapFiles(files.map, world.grid);
  const scenario = {
    id: `${ref.family}-${seed}`,
    map: basename(files.map),
    start: world.start,
    goal: { ...world.goal, yaw: undefined },
    movers: world.movers.length === 0 ? undefined : world.movers,
    goalTolerance: DEFAULT_GOAL_TOLERANCE_M,
    robot: scenarioRobot(options.robot, prefix),
    timeout: options.timeout,
  };
  await writeFileAtomic(files.scenario, formatScenario(scenario));

  const { x, y, yaw } = world.start;
  output.object({
    verb: "world",
    status: "done",
    id: scenario.id,
    family: ref.family,
    seed,
    ...files,
    start: [x, y, yaw],
    goal: [world.goal.x, world.goal.y],
    width: world.grid.width,
    height: world.grid.height,
    resolution_m: world.grid.resolution,
  });
  output.text(describe(world, files));
  return "done";
}

/** Path of the files to write, without ending. */
async function outputPrefix(out: string | undefined, name: string): Promise<string> {
  if (out === undefined) return join("out", name);
  const isFolder = (await stat(out).catch(() => undefined))?.isDirectory();
  if (isFolder || /[\\/]$/.test(out)) return join(out, name);
  return out.replace(/\.(yaml|yml|pgm|jsonl)$/i, "");
}

/** A robot file's path as the scenario needs it: relative to the scenario. */
function scenarioRobot(robot: string, prefix: string): string {
  if (!robot.toLowerCase().endsWith(".json")) return robot;
  return relative(dirname(resolve(prefix)), resolve(robot))
    .split(sep)
    .join("/");
}

function describe(world: World, files: { map: string; image: string; scenario: string }): string {
  const { grid, start, goal } = world;
  const size = [grid.width, grid.height].map((cells) => (cells * grid.resolution).toFixed(2));
  const yawDeg = (start.yaw * 180) / Math.PI;
  return [
    `world     ${world.family}:${world.seed}, ${size[0]} m x ${size[1]} m, cells of ${grid.resolution} m`,
    `start     ${tidy(start.x)},${tidy(start.y)},${tidy(yawDeg)}`,
    `goal      ${tidy(goal.x)},${tidy(goal.y)}`,
    `map       ${files.map}`,
    `image     ${files.image}`,
    `scenario  ${files.scenario}`,
  ].join("\n");
}

/** At most six decimals, none of them idle. */
function tidy(value: number): string {
  return String(Number(value.toFixed(6)));
}
