import { ConfigError, crc32, createRng, hashSeed } from "../base/index.ts";
import { createFeatureIndex, type FeatureRows, type FeatureSet, selectExamples } from "../init-net/index.ts";
import { createForeignReader } from "../node/index.ts";
import type { Example } from "../scenes/index.ts";

/** A smaller share of the examples says little of how good a network is. */
const LEAST_HELD_OUT = 0.05;
/** Where all examples are of one world, one of so many is held out. */
const ONE_OF = 8;

/**
 * Sees to it that a share of the examples is held out, and some are not: worlds as `collect` split them where that is
 * enough, else further worlds, the same ones for the same data; of a single world every eighth example.
 *
 * @param set its `heldOut` is changed
 * @returns what was done, for people; undefined where nothing had to be
 * @throws ConfigError for a single example
 */
export function holdOutEnough({ shards }: Pick<FeatureSet, "shards">): string | undefined {
  const worlds = new Map<string, { total: number; heldOut: boolean }>();
  const nameOf = ({ family, world }: FeatureRows, i: number): string => `${family[i]}:${world[i]}`;
  let total = 0;
  for (const rows of shards)
    for (let i = 0; i < rows.length; i++, total++) {
      const own = worlds.get(nameOf(rows, i)) ?? { total: 0, heldOut: rows.heldOut[i] === 1 };
      own.total++;
      worlds.set(nameOf(rows, i), own);
    }
  const heldOut = (): number => [...worlds.values()].reduce((sum, w) => sum + (w.heldOut ? w.total : 0), 0);
  if (heldOut() >= LEAST_HELD_OUT * total && heldOut() < total) return undefined;
  if (worlds.size === 1) return holdOutExamples(shards, total);
  if (heldOut() === total) for (const world of worlds.values()) world.heldOut = false;
  const more = [...worlds]
    .filter(([, world]) => !world.heldOut)
    .sort(([a], [b]) => crc32(new TextEncoder().encode(a)) - crc32(new TextEncoder().encode(b)));
  let moved = 0;
  for (; heldOut() < LEAST_HELD_OUT * total && moved < more.length - 1; moved++)
    more[moved][1].heldOut = true;
  for (const rows of shards)
    for (let i = 0; i < rows.length; i++) rows.heldOut[i] = worlds.get(nameOf(rows, i))!.heldOut ? 1 : 0;
  const share = ((100 * heldOut()) / total).toFixed(0);
  return `${moved} more ${moved === 1 ? "world is" : "worlds are"} held out, so that ${share}% of the examples are`;
}

function holdOutExamples(shards: readonly FeatureRows[], total: number): string {
  if (total < 2)
    throw new ConfigError(`the data hold ${total} example, expected one to train on and one to hold out`);
  let n = 0;
  for (const rows of shards)
    for (let i = 0; i < rows.length; i++, n++) rows.heldOut[i] = n % ONE_OF === 1 ? 1 : 0;
  return "all examples are of one world: every eighth is held out, which says little of other worlds";
}

/** Draws held-out examples, `perKind` of each kind; in the order of their numbers. */
export function chooseExamples(set: FeatureSet, perKind: number, seed: number): Uint32Array {
  const chosen: number[] = [];
  for (const kind of set.kinds.keys()) {
    const all = selectExamples(set.shards, (rows, i) => rows.heldOut[i] === 1 && rows.kind[i] === kind);
    const rng = createRng(hashSeed(seed, 0x76616c + kind));
    for (let i = 0; i < Math.min(perKind, all.length); i++) {
      const j = i + rng.int(all.length - i);
      [all[i], all[j]] = [all[j], all[i]];
      chosen.push(all[i]);
    }
  }
  return Uint32Array.from(chosen).sort();
}

/** Reads examples from their shards, each shard once where the examples are in order. @param files path of each shard of the set */
export async function readExamples(
  set: FeatureSet,
  files: readonly string[],
  chosen: Uint32Array,
): Promise<Example[]> {
  const index = createFeatureIndex(set.shards);
  const places = Array.from(chosen, (example) => index.locate(example));
  const found: Example[] = [];
  const { read, end } = createForeignReader("examples");
  try {
    for (let i = 0, next = 0; i < places.length; i = next) {
      const { shard } = places[i];
      while (places[next]?.shard === shard) next++;
      const rows = places.slice(i, next).map(({ row }) => set.shards[shard].index[row]);
      found.push(...(await read(files[shard], rows)));
    }
  } finally {
    await end();
  }
  return found;
}
