import type { Tensor } from "../../graph/index.ts";

/**
 * What is learned of the direction, coordinate by coordinate. It reads numbers without a unit: `even` ones, which stay as they are where
 * the gradients' signs are turned, and `odd` ones, which turn theirs; what it says is odd, too, so that no gradient means no
 * step. It is added to the direction of unit size. Zeros are the rule as it is.
 */
export type DirectionReader = {
  /** Floats per coordinate of each memory, and what it is filled with at first. */
  readonly sizes: readonly number[];
  readonly fills: readonly number[];
  /** Tensors with fewer coordinates are not read. */
  readonly smallest: number;
  /** What a reader of tensors says of the tensor whose coordinates are read next. @param shares (blends) */
  blend(shares: Float64Array): void;
  /** (EVEN, ODD) after {@link blend}, where what is said is `even' W odd` and nothing is remembered. */
  readonly matrix?: Float64Array;
  /**
   * One step of coordinate j.
   *
   * @param even (EVEN)
   * @param odd (ODD)
   * @param from memories, the i-th (n * sizes[i])
   * @param to the same after the step, written at j; shares no array with `from`
   */
  read(
    even: Float64Array,
    odd: Float64Array,
    from: readonly Float32Array[],
    to: readonly Float32Array[],
    j: number,
  ): number;
  /** The same as graph pieces. @param even (n, EVEN) @param odd (n, ODD) @param blend (n, blends) @returns out (n) and the memories after */
  tensors(
    even: Tensor,
    odd: Tensor,
    state: readonly Tensor[],
    blend: Tensor | undefined,
  ): { readonly out: Tensor; readonly state: readonly Tensor[] };
};

/** How many numbers of a coordinate stay as they are with the gradients' signs, and how many turn theirs. */
export const EVEN = 8;
export const ODD = 4;
/** Odd numbers are limited to it: few coordinates of a sparse gradient have all of its size. */
export const ODD_LIMIT = 4;
