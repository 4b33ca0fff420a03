import { readFile } from "node:fs/promises";
import { createRng, hashSeed } from "../base/index.ts";
import { createFeatureIndex, type FeatureSet, selectExamples } from "../init-net/index.ts";
import { type Example, readShard } from "../scenes/index.ts";

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

/** Reads examples from their shards, each shard once. @param files path of each shard of the set */
export async function readExamples(
  set: FeatureSet,
  files: readonly string[],
  chosen: Uint32Array,
): Promise<Example[]> {
  const index = createFeatureIndex(set.shards);
  const places = Array.from(chosen, (example) => index.locate(example));
  const found: Example[] = [];
  let open = -1;
  let shard: ReturnType<typeof readShard> | undefined;
  for (const { shard: s, row } of places) {
    if (s !== open) {
      shard = readShard(await readFile(files[s]));
      open = s;
    }
    found.push(shard!.example(set.shards[s].index[row]));
  }
  return found;
}
