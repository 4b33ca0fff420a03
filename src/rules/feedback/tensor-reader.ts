import type { Tensor } from "../../graph/index.ts";

/**
 * What is learned of the feedback rule: it reads the statistics of every tensor, with a memory of its own for each, and
 * says two numbers of each: by what its step grows, and by what its update is multiplied. Zeros are the rule as it is.
 */
export type TensorReader = {
  /** Floats per tensor of each memory, and what it is filled with at first. */
  readonly sizes: readonly number[];
  readonly fills: readonly number[];
  /** How many shares it says of what reads coordinates; 0: none. */
  readonly blends: number;
  /**
   * One step of K tensors.
   *
   * @param z (K, STATISTICS)
   * @param from memories, the i-th (K * sizes[i])
   * @param to the same after the step, written; shares no array with `from`
   * @param out (K, 2), written
   * @param blend (K, blends), written
   */
  read(
    z: Float64Array,
    from: readonly Float32Array[],
    to: readonly Float32Array[],
    out: Float64Array,
    meta: Float64Array,
    blend: Float64Array,
  ): void;
  /** The same as graph pieces. @returns out (K, 2), blend (K, blends) where there are any, and the memories after */
  tensors(
    z: Tensor,
    state: readonly Tensor[],
    meta?: Tensor,
  ): { readonly out: Tensor; readonly blend?: Tensor; readonly state: readonly Tensor[] };
  /** What looks at coordinates of a tensor and makes `size` numbers of them: `meta` (K, size), where it is there. */
  readonly encoder?: {
    readonly size: number;
    /** @param tokens (count, TOKENS) @param out written at `at` */
    encode(tokens: Float64Array, count: number, out: Float64Array, at: number): void;
    /** @param tokens (count, TOKENS) @returns (1, size) */
    tensors(tokens: Tensor): Tensor;
  };
};

/** Numbers that are shown of a coordinate. */
export const TOKENS = 4;

/** How much of `tanh` of the first number a step grows in an update. */
export const READ_GAIN = 0.1;

/** How many statistics are read of a tensor. */
export const STATISTICS = 18;
