import { ConfigError } from "../../base/index.ts";
import { type ExampleWorld, FIRST_UNSEEN_SEED, SPLITS, splitOf } from "../../scenes/index.ts";
import { ALL_FAMILIES, type Robot, WORLD_FAMILIES, type WorldFamily, type WorldId } from "../../sim/index.ts";
import { worldName } from "./collect-job.ts";
import { onlyRobot, type RobotLine, robotOfShard } from "./robot-line.ts";

/** Worlds of one shard, all of one split, and whose scenes they give. */
export type ShardPlan = {
  readonly file: string;
  readonly worlds: readonly ExampleWorld[];
  readonly robot: Robot;
  /** The map's YAML file, where they are drives on a map. */
  readonly map?: string;
};

/** Worlds in a shard: some hundred examples, a few megabytes. */
export const WORLDS_PER_SHARD = 4;

/** Worlds in a shard of a line of robots: where there are several each world has one of its own. */
export function worldsPerShard(line: RobotLine): number {
  return onlyRobot(line) === undefined ? 1 : WORLDS_PER_SHARD;
}

/** Worlds that are not for benchmarks. */
export const MAX_WORLDS = FIRST_UNSEEN_SEED * ALL_FAMILIES.length;

/**
 * The first `count` worlds: families in turn, seeds from 0.
 *
 * @throws ConfigError for so many that some would be worlds of the benchmarks
 */
export function firstWorlds(count: number, families: readonly WorldFamily[] = WORLD_FAMILIES): WorldId[] {
  const most = FIRST_UNSEEN_SEED * families.length;
  if (count > most)
    throw new ConfigError(
      `${count} worlds of ${families.join(", ")} are asked for, expected at most ${most}`,
    );
  return Array.from({ length: count }, (_, n) => ({
    family: families[n % families.length],
    seed: Math.floor(n / families.length),
  }));
}

/**
 * Puts worlds into shards, each of one split, in the order given and each world once. More worlds at the end
 * leave all shards but the last of a split as they were.
 *
 * @throws ConfigError for worlds that benchmarks use, unless they are allowed
 */
export function planShards(worlds: readonly WorldId[], line: RobotLine, allowUnseen: boolean): ShardPlan[] {
  const unseen = worlds.find(({ seed }) => seed >= FIRST_UNSEEN_SEED);
  if (unseen !== undefined && !allowUnseen) {
    throw new ConfigError(
      `world ${worldName(unseen)} is for benchmarks, expected seeds below ${FIRST_UNSEEN_SEED} (or --allow-unseen)`,
    );
  }
  const once = [...new Map(worlds.map((world) => [worldName(world), world])).values()];
  const size = worldsPerShard(line);
  const plans: (ShardPlan & { readonly last: number })[] = [];
  for (const split of SPLITS) {
    const mine = once.map((world, at) => ({ world, at })).filter(({ world }) => splitOf(world) === split);
    for (let n = 0; n * size < mine.length; n++) {
      const part = mine.slice(n * size, (n + 1) * size);
      const file = `${split}-${String(n).padStart(5, "0")}.arrow`;
      const robot = robotOfShard(line, split, n);
      plans.push({ file, robot, worlds: part.map(({ world }) => world), last: part[part.length - 1].at });
    }
  }
  plans.sort((a, b) => a.last - b.last); // both splits grow together
  return plans.map(({ last: _, ...plan }) => plan);
}
