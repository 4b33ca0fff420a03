import { checkCount } from "../base/index.ts";
import type { TensorPlaces } from "./flat-ranges.ts";
import type { Optimizer } from "./optimizer.ts";
import { createPartition, type OptimizerPart } from "./partition.ts";

export type HybridOptions = {
  /** The tensors of the flat vector. */
  readonly layout: TensorPlaces;
  /** Moves the tensors of two axes or more: a learned optimizer. */
  readonly matrices: OptimizerPart["optimizer"];
  /** Moves biases, gains and the largest tensors: Adam. */
  readonly rest: OptimizerPart["optimizer"];
  /** Matrices of more elements are left to `rest`, since a learned optimizer keeps hundreds of numbers per element. */
  readonly largest?: number;
};

/** A million elements: 2.3 GB of state in the largest design that is shipped. */
export const HYBRID_DEFAULTS = { largest: 1_000_000 } as const;

/**
 * A learned optimizer for matrices, another one for all else.
 *
 * @throws ConfigError for an illegal `largest`
 *
 * Source: Mnemosyne (Jain et al. 2023), section 5: Mnemosyne for the matrices of attention and of dense layers,
 * Adam for the rest.
 */
export function createHybrid(options: HybridOptions): Optimizer {
  const { layout, matrices, rest, largest } = { ...HYBRID_DEFAULTS, ...options };
  checkCount("largest", largest, 0);
  const nameOf = (one: OptimizerPart["optimizer"]): string => (typeof one === "function" ? "own" : one.name);
  return createPartition({
    layout,
    name: `hybrid-${nameOf(matrices)}-${nameOf(rest)}`,
    parts: [
      { optimizer: matrices, select: ({ shape, size }) => shape.length >= 2 && size <= largest },
      { optimizer: rest },
    ],
  });
}
