import { FormatError } from "../base/index.ts";
import { type Executor, readOnnxMetadata, type TensorData } from "../graph/index.ts";
import type { Batch } from "./feature-set.ts";
import { BASES, featureSizes, type NetSpec } from "./net-spec.ts";

/** A model of a network and its executor; only the inputs that the model has are fed. */
export type OpenModel = {
  readonly executor: Executor;
  run<Name extends string>(
    feeds: Readonly<Record<string, TensorData>>,
    fetch: readonly Name[],
  ): Promise<Record<Name, Float32Array>>;
};

/** Opens a model with an executor that is made for it. */
export async function openModel<E extends Executor>(
  model: Uint8Array,
  createExecutor: (model: Uint8Array) => Promise<E>,
): Promise<OpenModel & { readonly executor: E }> {
  const inputs = readOnnxMetadata(model).inputs.map(({ name }) => name);
  const executor = await createExecutor(model);
  return {
    executor,
    async run(feeds, fetch) {
      const needed = inputs.flatMap((name) => (name in feeds ? [[name, feeds[name]] as const] : []));
      const values = await executor.run(Object.fromEntries(needed), fetch);
      return Object.fromEntries(
        fetch.map((name) => {
          const { data } = values[name];
          if (!(data instanceof Float32Array)) throw new FormatError(`the model's ${name} is not float32`);
          return [name, data];
        }),
      ) as Record<(typeof fetch)[number], Float32Array>;
    },
  };
}

/** A batch by the names of the models' inputs. */
export function batchFeeds(
  spec: NetSpec,
  batch: Batch,
): Record<"patches" | "vector" | "bases" | "target", TensorData> {
  const sizes = featureSizes(spec);
  return {
    patches: { data: batch.patches, shape: [batch.size, sizes.tokens, sizes.patch] },
    vector: { data: batch.vector, shape: [batch.size, sizes.vector] },
    bases: { data: batch.bases, shape: [batch.size, BASES, sizes.target] },
    target: { data: batch.target, shape: [batch.size, sizes.target] },
  };
}

/** A flat vector as an input. */
export function vectorFeed(data: Float32Array): TensorData {
  return { data, shape: [data.length] };
}
