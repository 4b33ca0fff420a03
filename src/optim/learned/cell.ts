import type { ParameterSpec, Tensor } from "../../graph/index.ts";

/** Weights of a cell by their names in its layout, as typed arrays. */
export type CellWeights = Readonly<Record<string, Float32Array>>;

/**
 * One cell of a learned optimizer in both of its forms. A cell maps the vector of every coordinate to
 * another one and remembers something per coordinate; coordinates do not see each other.
 */
export type Cell = {
  /** The cell's weights, names without its prefix. */
  readonly parameters: readonly ParameterSpec[];
  readonly inputs: number;
  readonly outputs: number;
  /** Floats per coordinate of each array of the state. */
  readonly sizes: readonly number[];
  /** What the arrays of the state are filled with at first. */
  readonly fills: readonly number[];
  /** The step of one coordinate with given weights; scratch belongs to the returned function. */
  bind(weights: CellWeights): CellStep;
  /**
   * One step of m coordinates.
   *
   * @param x (m, inputs)
   * @param state flat, the i-th (m * sizes[i])
   * @returns out (m, outputs) and the state after
   */
  tensors(
    weights: Readonly<Record<string, Tensor>>,
    x: Tensor,
    state: readonly Tensor[],
  ): { readonly out: Tensor; readonly state: readonly Tensor[] };
};

/**
 * @param x (inputs) of coordinate j
 * @param from arrays of (n * size), read at j
 * @param to arrays of (n * size), written at j; share no array with `from`
 * @param out (outputs), written; may be `x` where inputs and outputs agree
 */
export type CellStep = (
  x: Float64Array,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  out: Float64Array,
) => void;

/** The entries whose names begin with a prefix, without it. */
export function withoutPrefix<T>(named: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}
