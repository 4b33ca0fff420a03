import { createExecutor as createDeviceExecutor, type OrtDevice } from "../graph/node.ts";
import {
  createArrayEngine,
  createGraphEngine,
  initNet,
  type NetSpec,
  type TrainEngine,
  type TrainOptions,
} from "../init-net/index.ts";
import { createParallelRunner } from "../init-net/node.ts";
import type { AnyLearned } from "../optim/index.ts";
import type { Features } from "./feature-files.ts";

/** What to compute with. */
export type EngineChoice = {
  readonly device: OrtDevice;
  /** Threads on the CPU; as many of the cores as divide the batch where it is not said. */
  readonly threads?: number;
  readonly cores: number;
};

/** Examples as they lie in memory. */
export type EngineFeatures = Pick<Features, "set"> & {
  readonly shards: readonly Pick<Features["shards"][number], "shared">[];
};

/**
 * Chooses how to train: on several threads, each with a part of every batch; or, on one thread or a GPU, with
 * the whole step as one graph.
 *
 * @param learned the weights that `options.learned` means
 * @param parameters (total) where training begins
 */
export async function openEngine(
  { device, threads: wanted, cores }: EngineChoice,
  spec: NetSpec,
  options: TrainOptions,
  { set, shards }: EngineFeatures,
  learned?: AnyLearned,
  parameters: Float32Array = initNet(spec, options.seed),
): Promise<TrainEngine> {
  const { batch, loss } = options;
  const threads = device === "cpu" ? (wanted ?? largestShare(batch, cores)) : 1;
  if (threads > 1) {
    const shared = shards.map((shard) => shard.shared);
    const runner = await createParallelRunner({ spec, shards: shared, batch, threads, loss });
    return createArrayEngine(runner, spec, options, parameters, learned);
  }
  const createExecutor = (model: Uint8Array) => createDeviceExecutor(model, { device });
  return createGraphEngine({
    spec,
    shards: set.shards,
    options,
    parameters,
    learned,
    createExecutor,
    createStatefulExecutor: (model, state) => createDeviceExecutor(model, { device, state }),
  });
}

/** The most threads that share a batch evenly. */
function largestShare(batch: number, cores: number): number {
  let threads = Math.max(1, Math.min(cores, batch));
  while (batch % threads !== 0) threads--;
  return threads;
}
