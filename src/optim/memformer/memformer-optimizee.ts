import { checkCount, type Rng } from "../../base/index.ts";
import { mean, square, sub, type Tensor, unpackParameters } from "../../graph/index.ts";
import type { Feeds, Optimizee } from "../optimizees/optimizee.ts";
import { memformerGraph } from "./memformer-graph.ts";
import { initMemformer, type MemformerSpec, memformerLayout } from "./memformer-spec.ts";
import { drawMixture, type RegressionFamily, type RegressionPrompts } from "./regression-prompts.ts";

export type MemformerOptions = {
  readonly spec: MemformerSpec;
  /** Families whose prompts are drawn anew for each step, in turn; or the only prompts there are. */
  readonly prompts: readonly RegressionFamily[] | RegressionPrompts;
  /** Prompts a step, >= 1. */
  readonly batch?: number;
};

export const MEMFORMER_BATCH = 512;

/**
 * The training of a memformer: mean squared error of the query's label over a batch of prompts.
 *
 * @throws ConfigError for an illegal spec or batch; for families, see {@link drawMixture}
 */
export function createMemformer({ spec, prompts, batch = MEMFORMER_BATCH }: MemformerOptions): Optimizee {
  const layout = memformerLayout(spec);
  return {
    name: `memformer-${spec.memory}-${spec.layers}`,
    layout,
    problem: [],
    ...batchesOf(spec, prompts, batch),
    loss: (params, { Z, y }) => squaredError(memformerGraph(spec, unpackParameters(params, layout), Z), y),
    init: (rng) => initMemformer(spec, rng),
    drawProblem: () => ({}),
  };
}

/** Prompts as the inputs Z and y of {@link createMemformer}; of the given ones, or all. */
export function promptFeeds({ count, d, n, Z, y }: RegressionPrompts, which?: ArrayLike<number>): Feeds {
  const size = (d + 1) * (n + 1);
  const batch = which?.length ?? count;
  const feeds = { Z: new Float32Array(batch * size), y: new Float32Array(batch) };
  for (let i = 0; i < batch; i++) {
    const from = which === undefined ? i : which[i];
    feeds.Z.set(Z.subarray(from * size, (from + 1) * size), i * size);
    feeds.y[i] = y[from];
  }
  return { Z: { data: feeds.Z, shape: [batch, d + 1, n + 1] }, y: { data: feeds.y, shape: [batch] } };
}

/** Inputs Z and y, drawn anew for each step. */
export function batchesOf(
  { d, n }: MemformerSpec,
  prompts: MemformerOptions["prompts"],
  batch: number,
): Pick<Optimizee, "batch" | "drawBatch"> {
  checkCount("batch", batch, 1);
  const draw = (rng: Rng): Feeds => {
    if (!("count" in prompts)) return promptFeeds(drawMixture(prompts, batch, rng));
    return promptFeeds(
      prompts,
      Array.from({ length: batch }, () => rng.int(prompts.count)),
    );
  };
  return {
    batch: [
      { name: "Z", shape: [batch, d + 1, n + 1] },
      { name: "y", shape: [batch] },
    ],
    drawBatch: draw,
  };
}

/** Mean over prompts of the squared error. (1) */
export function squaredError(prediction: Tensor, y: Tensor): Tensor {
  return mean(square(sub(prediction, y)), [0], true);
}
