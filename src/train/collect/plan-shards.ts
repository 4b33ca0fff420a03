import { ConfigError } from "../../base/index.ts";
import { FIRST_UNSEEN_SEED, SPLITS, splitOf } from "../../scenes/index.ts";
import { WORLD_FAMILIES, type WorldId } from "../../sim/index.ts";
import { worldName } from "./collect-job.ts";

/** Worlds of one shard, all of one split. */
export type ShardPlan = { readonly file: string; readonly worlds: readonly WorldId[] };

/** Worlds in a shard: some hundred examples, a few megabytes. */
export const WORLDS_PER_SHARD = 4;

/** Worlds that are not for benchmarks. */
export const MAX_WORLDS = FIRST_UNSEEN_SEED * WORLD_FAMILIES.length;

/** The first `count` worlds: families in turn, seeds from 0. */
export function firstWorlds(count: number): WorldId[] {
  const families = WORLD_FAMILIES.length;
  return Array.from({ length: count }, (_, n) => ({
    family: WORLD_FAMILIES[n % families],
    seed: Math.floor(n / families),
  }));
}

/**
 * Puts worlds into shards, each of one split, in the order given and each world once. More worlds at the end
 * leave all shards but the last of a split as they were.
 *
 * @throws ConfigError for worlds that benchmarks use, unless they are allowed
 */
export function planShards(worlds: readonly WorldId[], allowUnseen: boolean): ShardPlan[] {
  const unseen = worlds.find(({ seed }) => seed >= FIRST_UNSEEN_SEED);
  if (unseen !== undefined && !allowUnseen) {
    throw new ConfigError(
      `world ${worldName(unseen)} is for benchmarks, expected seeds below ${FIRST_UNSEEN_SEED} (or --allow-unseen)`,
    );
  }
  const once = [...new Map(worlds.map((world) => [worldName(world), world])).values()];
  const plans: (ShardPlan & { readonly last: number })[] = [];
  for (const split of SPLITS) {
    const mine = once.map((world, at) => ({ world, at })).filter(({ world }) => splitOf(world) === split);
    for (let n = 0; n * WORLDS_PER_SHARD < mine.length; n++) {
      const part = mine.slice(n * WORLDS_PER_SHARD, (n + 1) * WORLDS_PER_SHARD);
      const file = `${split}-${String(n).padStart(5, "0")}.arrow`;
      plans.push({ file, worlds: part.map(({ world }) => world), last: part[part.length - 1].at });
    }
  }
  plans.sort((a, b) => a.last - b.last); // both splits grow together
  return plans.map(({ file, worlds: mine }) => ({ file, worlds: mine }));
}
