import type { Features } from "./feature-files.ts";

/** What a run trains on, in numbers. */
export type DataFacts = {
  readonly folders: readonly string[];
  readonly shards: number;
  readonly training: number;
  readonly heldOut: number;
  readonly worlds: { readonly training: number; readonly heldOut: number };
  /** Examples left out. */
  readonly skipped: number;
  /** Training examples by kind. */
  readonly kinds: Readonly<Record<string, number>>;
};

export function describeData({ set, files, skipped }: Features, folders: readonly string[]): DataFacts {
  const counts = set.kinds.map(() => 0);
  const worlds = [new Set<string>(), new Set<string>()];
  const examples = [0, 0];
  for (const { length, heldOut, kind, family, world } of set.shards) {
    for (let i = 0; i < length; i++) {
      examples[heldOut[i]]++;
      worlds[heldOut[i]].add(`${family[i]}:${world[i]}`);
      if (heldOut[i] === 0) counts[kind[i]]++;
    }
  }
  return {
    folders,
    shards: files.length,
    training: examples[0],
    heldOut: examples[1],
    worlds: { training: worlds[0].size, heldOut: worlds[1].size },
    skipped,
    kinds: Object.fromEntries(set.kinds.map((kind, k) => [kind, counts[k]])),
  };
}
