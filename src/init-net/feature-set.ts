import { ConfigError } from "../base/index.ts";
import { createMirror, fillPatches, fillRows } from "./feature-batch.ts";
import type { FeatureRows } from "./feature-rows.ts";
import { featureSizes, type NetSpec } from "./net-spec.ts";

/** All examples of a training run. Example number n is counted through the shards, one after the other. */
export type FeatureSet = {
  readonly spec: NetSpec;
  /** Kinds of scenes that `kind` counts. */
  readonly kinds: readonly string[];
  readonly shards: readonly FeatureRows[];
};

/** Numbers of one batch as a graph takes them. */
export type Batch = {
  readonly size: number;
  /** (size, tokens, patch) */ readonly patches: Float32Array;
  /** (size, vector) */ readonly vector: Float32Array;
  /** (size, BASES, target) */ readonly bases: Float32Array;
  /** (size, target) */ readonly target: Float32Array;
};

export function createBatch(spec: NetSpec, size: number): Batch {
  const sizes = featureSizes(spec);
  return {
    size,
    patches: new Float32Array(size * sizes.tokens * sizes.patch),
    vector: new Float32Array(size * sizes.vector),
    bases: new Float32Array(size * sizes.bases),
    target: new Float32Array(size * sizes.target),
  };
}

/** Finds examples by their number. */
export function createFeatureIndex(shards: readonly FeatureRows[]): {
  readonly length: number;
  /** Where an example lies. */
  locate(example: number): { readonly shard: number; readonly row: number };
} {
  const ends = new Float64Array(shards.length);
  let length = 0;
  for (const [s, rows] of shards.entries()) ends[s] = length += rows.length;
  return {
    length,
    locate(example) {
      let low = 0;
      let high = shards.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (example < ends[middle]) high = middle;
        else low = middle + 1;
      }
      if (!(example >= 0 && example < length))
        throw new ConfigError(`example is ${example}, expected an integer from 0 to ${length - 1}`);
      return { shard: low, row: example - (low === 0 ? 0 : ends[low - 1]) };
    },
  };
}

/** The examples for which `is` holds, by number. */
export function selectExamples(
  shards: readonly FeatureRows[],
  is: (rows: FeatureRows, row: number) => boolean,
): Uint32Array {
  const length = shards.reduce((sum, rows) => sum + rows.length, 0);
  const found = new Uint32Array(length);
  let count = 0;
  let first = 0;
  for (const rows of shards) {
    for (let row = 0; row < rows.length; row++) if (is(rows, row)) found[count++] = first + row;
    first += rows.length;
  }
  return found.slice(0, count);
}

/** What writes examples into a batch, mirrored where `mirrors` says so. */
export function createBatchFiller(spec: NetSpec, shards: readonly FeatureRows[]) {
  const sizes = featureSizes(spec);
  const index = createFeatureIndex(shards);
  const mirror = createMirror(spec);
  const patches = sizes.tokens * sizes.patch;
  return (examples: Uint32Array, mirrors: Uint8Array | undefined, batch: Batch): void => {
    for (let i = 0; i < batch.size; i++) {
      const { shard, row } = index.locate(examples[i]);
      const { grid, vector, bases, target } = shards[shard];
      const flipped = mirrors?.[i] === 1;
      const image = flipped ? mirror : undefined;
      if (spec.options.grid) fillPatches(spec, grid, row * sizes.grid, batch.patches, i * patches, flipped);
      fillRows(image?.vector, vector, row * sizes.vector, batch.vector, i * sizes.vector, sizes.vector);
      fillRows(image?.trajectory, bases, row * sizes.bases, batch.bases, i * sizes.bases, sizes.bases);
      fillRows(image?.trajectory, target, row * sizes.target, batch.target, i * sizes.target, sizes.target);
    }
  };
}

/** Examples by number, and which of them are mirrored. */
export type ExampleDraw = { readonly examples: Uint32Array; readonly mirrors?: Uint8Array };

/** Fills batches, the next one in advance where it is told; two sets of arrays take turns. */
export function createBatchQueue(spec: NetSpec, shards: readonly FeatureRows[], size: number) {
  const fill = createBatchFiller(spec, shards);
  let batch = createBatch(spec, size);
  let spare = createBatch(spec, size);
  let ready: ExampleDraw | undefined;
  return {
    prepare(draw: ExampleDraw): void {
      fill(draw.examples, draw.mirrors, spare);
      ready = draw;
    },
    /** The batch of a draw; valid until the next is taken. */
    take(draw: ExampleDraw): Batch {
      if (ready === draw) [batch, spare] = [spare, batch];
      else fill(draw.examples, draw.mirrors, batch);
      ready = undefined;
      return batch;
    },
  };
}
