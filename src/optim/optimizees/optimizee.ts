import type { Rng } from "../../base/index.ts";
import {
  createGraph,
  type DType,
  gradients,
  input,
  type ParameterLayout,
  type Tensor,
  type TensorData,
  writeOnnx,
} from "../../graph/index.ts";

/** An input of a loss besides the parameters; float32 unless it says otherwise. */
export type LossInput = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: DType;
};

/** Values for inputs, by name. */
export type Feeds = Record<string, TensorData>;

/**
 * What an optimizer optimizes: a family of problems over one flat parameter vector, its loss as graph
 * pieces, so that one graph can hold many steps of it.
 */
export type Optimizee = {
  readonly name: string;
  readonly layout: ParameterLayout;
  /** Inputs that make one problem of the family; the same through a run. */
  readonly problem: readonly LossInput[];
  /** Inputs drawn anew for each step. */
  readonly batch: readonly LossInput[];
  /** The smallest loss that is possible, where it is known. */
  readonly smallest?: number;
  /**
   * @param params (n) with n = layout.total
   * @param inputs a tensor for each of `problem` and `batch`, by name
   * @returns (1)
   */
  loss(params: Tensor, inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** A random start. (n) */
  init(rng: Rng): Float32Array;
  /** Values for `problem`. */
  drawProblem(rng: Rng): Feeds;
  /** Values for `batch`. */
  drawBatch(rng: Rng): Feeds;
};

/**
 * An optimizee as a model: inputs `params` and those of the optimizee, outputs `loss` (1) and `grads` (n).
 *
 * @param gradient without it `loss` is the only output
 */
export function writeOptimizee(
  optimizee: Optimizee,
  { gradient = true }: { readonly gradient?: boolean } = {},
): Uint8Array {
  const g = createGraph();
  const params = input(g, "params", [optimizee.layout.total]);
  const inputs = [...optimizee.problem, ...optimizee.batch].map(
    ({ name, shape, dtype }) => [name, input(g, name, shape, dtype)] as const,
  );
  const loss = optimizee.loss(params, Object.fromEntries(inputs));
  if (!gradient) return writeOnnx(g, { loss });
  const [grads] = gradients(loss, [params]);
  return writeOnnx(g, { loss, grads });
}
