import type { TensorPlace } from "../flat-ranges.ts";
import { createOrthogonalProducts, type OrthogonalProducts } from "./orthogonal-kernel.ts";

/** Steps of the iteration by default, and its numbers: singular values from 0.02 to 1 of the largest come to lie about 1. */
export const ORTHOGONAL_STEPS = 3;
export const ORTHOGONAL_TERMS = [3.4445, -4.775, 2.0315] as const;
/** Rows or columns that are made orthogonal together, at most: the cost per number grows with them. */
export const MOST_TOGETHER = 64;

/** A matrix of a flat vector, cut into blocks along its shorter side. */
export type OrthogonalPlan = {
  /** Numbers of the matrix: (rows, columns), row-major. */
  readonly rows: number;
  readonly columns: number;
  /** Whether blocks are of columns, else of rows. */
  readonly byColumns: boolean;
  /** Where each block begins and ends along the shorter side. */
  readonly blocks: readonly (readonly [number, number])[];
};

/** Inputs of a unit: all axes but the last. */
export function fanIn({ shape, size }: TensorPlace): number {
  return size / (shape.at(-1) ?? 1);
}

/** How a tensor is made orthogonal: all axes but the last are rows. Vectors, and matrices of one row or column, are not. */
export function planOrthogonal(place: TensorPlace, most = MOST_TOGETHER): OrthogonalPlan | undefined {
  const columns = place.shape.at(-1) ?? 1;
  const rows = fanIn(place);
  const side = Math.min(rows, columns);
  if (place.shape.length < 2 || side < 2) return undefined;
  const count = Math.ceil(side / most);
  const blocks = Array.from(
    { length: count },
    (_, b) => [Math.floor((b * side) / count), Math.floor(((b + 1) * side) / count)] as const,
  );
  return { rows, columns, byColumns: columns <= rows, blocks };
}

/** Makes a block X (n, length), n <= length, of Frobenius norm 1, nearly orthogonal. */
export type OrthogonalBlock = {
  /** (n, length), rows of `stride` floats; what is made, and where the result is. */
  readonly X: Float32Array | Float64Array;
  readonly Y: Float32Array | Float64Array;
  readonly stride: number;
  run(): void;
};

/** Places of the factors among the squares. */
const [A, B, P, Q, T] = [0, 1, 2, 3, 4];
const SQUARES = 5;

/**
 * A nearest matrix with orthonormal rows, nearly: Newton-Schulz's iteration `X <- (a + b X X' + c (X X')^2) X`. All factors are
 * polynomials of the first X X', so that they are multiplied with each other first, as matrices (n, n), and with X once.
 *
 * @param simd whether as WebAssembly, where there is that
 *
 * Source: Jordan et al. 2024 (Muon) for iteration and numbers.
 */
export function createOrthogonalBlock(
  n: number,
  length: number,
  simd = true,
  steps: number = ORTHOGONAL_STEPS,
): OrthogonalBlock {
  const products =
    (simd ? createOrthogonalProducts(n, length, SQUARES) : undefined) ?? plainProducts(n, length);
  const { squares, stride, gram, multiply, widen } = products;
  const [a, b, c] = ORTHOGONAL_TERMS;
  return {
    X: products.X,
    Y: products.Y,
    stride: products.wideStride,
    run() {
      gram();
      let [sum, all, spare] = [P, Q, T];
      for (let step = 0; step < steps; step++) {
        multiply(A, A, B);
        for (let i = 0; i < n * stride; i++) squares[sum][i] = b * squares[A][i] + c * squares[B][i];
        for (let i = 0; i < n; i++) squares[sum][i * (stride + 1)] += a;
        if (step < steps - 1) {
          multiply(sum, A, B);
          multiply(B, sum, A);
        }
        if (step === 0) [sum, all] = [all, sum];
        else {
          multiply(sum, all, spare);
          [all, spare] = [spare, all];
        }
      }
      widen(all);
    },
  };
}

/** The products on typed arrays, in float64. */
function plainProducts(n: number, length: number): OrthogonalProducts<Float64Array> {
  const [X, Y] = [0, 1].map(() => new Float64Array(n * length));
  const squares = Array.from({ length: SQUARES }, () => new Float64Array(n * n));
  return {
    stride: n,
    squares,
    X,
    Y,
    wideStride: length,
    gram() {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let dot = 0;
          for (let k = 0; k < length; k++) dot += X[i * length + k] * X[j * length + k];
          squares[A][i * n + j] = dot;
        }
    },
    multiply: (left, right, to) => multiplyRows(squares[left], squares[right], n, n, squares[to]),
    widen: (left) => multiplyRows(squares[left], X, n, length, Y),
  };
}

/** `R = L M`: L (n, n), M (n, columns). */
function multiplyRows(L: Float64Array, M: Float64Array, n: number, columns: number, R: Float64Array): void {
  R.fill(0);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const factor = L[i * n + k];
      for (let j = 0; j < columns; j++) R[i * columns + j] += factor * M[k * columns + j];
    }
}

/** Makes matrices of flat vectors orthogonal; it owns the memory for it, one block of each size. */
export function createOrthogonalizer(simd = true, steps: number = ORTHOGONAL_STEPS) {
  const made = new Map<string, OrthogonalBlock>();
  const blockOf = (n: number, length: number): OrthogonalBlock => {
    const key = `${n} ${length}`;
    const block = made.get(key) ?? createOrthogonalBlock(n, length, simd, steps);
    made.set(key, block);
    return block;
  };
  /**
   * @param from read at `offset`
   * @param rms root mean square of what is written
   * @param to written at `offset`; zeros where `from` has none but zeros
   */
  return (plan: OrthogonalPlan, from: Float32Array, offset: number, rms: number, to: Float32Array): void => {
    const { rows, columns, byColumns, blocks } = plan;
    const size = rows * columns;
    let squares = 0;
    for (const [first, end] of blocks) {
      const n = end - first;
      const length = byColumns ? rows : columns;
      const block = blockOf(n, length);
      const { X, Y, stride } = block;
      const begin = offset + first * (byColumns ? 1 : columns);
      // Numbers are taken in the order in which they lie: rows of the matrix, or the block's part of each.
      const [outer, inner, down, right] = byColumns ? [length, n, 1, stride] : [n, length, stride, 1];
      let sum = 0;
      for (let i = 0; i < outer; i++)
        for (let j = 0, at = begin + i * columns; j < inner; j++, at++) sum += from[at] * from[at];
      const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
      for (let i = 0; i < outer; i++)
        for (let j = 0, at = begin + i * columns; j < inner; j++, at++)
          X[i * down + j * right] = factor * from[at];
      block.run();
      for (let i = 0; i < outer; i++)
        for (let j = 0, at = begin + i * columns; j < inner; j++, at++) {
          const x = Y[i * down + j * right];
          to[at] = x;
          squares += x * x;
        }
    }
    const scale = squares > 0 ? rms / Math.sqrt(squares / size) : 0;
    for (let i = offset; i < offset + size; i++) to[i] *= scale;
  };
}
