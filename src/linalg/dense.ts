import { createEigenScratch, isPositiveDefinite, projectEigenvalues } from "./symmetric.ts";

/** A small dense matrix as a list of rows: for code that is read, or checked against, and need not be fast. */
export type Matrix = number[][];

/** The rows of a flat row-major array with this many columns; none of no columns. */
export function rowsOf(flat: ArrayLike<number>, columns: number): Matrix {
  const all = Array.from(flat);
  return Array.from({ length: all.length / columns || 0 }, (_, i) =>
    all.slice(i * columns, (i + 1) * columns),
  );
}

/** The (n, n) identity. */
export function identity(n: number): Matrix {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
}

/** The transpose of a matrix. */
export function transpose(A: Matrix): Matrix {
  return (A[0] ?? []).map((_, j) => A.map((row) => row[j]));
}

/** Rows i..iEnd and columns j..jEnd of a matrix, the ends left out. */
export function block(A: Matrix, i: number, iEnd: number, j: number, jEnd: number): Matrix {
  return A.slice(i, iEnd).map((row) => row.slice(j, jEnd));
}

/** The inner product of two lists of numbers. */
export function inner(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * b[i], 0);
}

/** The vector a + scale b. */
export function add(a: readonly number[], b: readonly number[], scale = 1): number[] {
  return a.map((v, i) => v + scale * b[i]);
}

/** The matrix A + scale B. */
export function plus(A: Matrix, B: Matrix, scale = 1): Matrix {
  return A.map((row, i) => add(row, B[i], scale));
}

/** The vector A b. */
export function times(A: Matrix, b: readonly number[]): number[] {
  return A.map((row) => inner(row, b));
}

/** The matrix A B. */
export function product(A: Matrix, B: Matrix): Matrix {
  const columns = transpose(B);
  return A.map((row) => times(columns, row));
}

/** The matrix H + sum_i weights_i a_i a_i', with a_i the rows of A. */
export function outer(H: Matrix, A: Matrix, weights: readonly number[]): Matrix {
  return A.reduce((sum, a, i) => sum.map((row, j) => add(row, a, weights[i] * a[j])), H);
}

/** X with A X = B for a regular square A, by Gaussian elimination with row pivots. */
export function solve(A: Matrix, B: Matrix): Matrix {
  const n = A.length;
  const M = A.map((row, i) => [...row, ...B[i]]);
  for (let j = 0; j < n; j++) {
    const pivot = M.reduce(
      (best, row, i) => (i > j && Math.abs(row[j]) > Math.abs(M[best][j]) ? i : best),
      j,
    );
    [M[j], M[pivot]] = [M[pivot], M[j]];
    M[j] = M[j].map((v) => v / M[j][j]);
    for (let i = 0; i < n; i++) if (i !== j && M[i][j] !== 0) M[i] = add(M[i], M[j], -M[i][j]);
  }
  return M.map((row) => row.slice(n));
}

/** Whether a symmetric matrix is positive definite. */
export function definite(A: Matrix): boolean {
  return isPositiveDefinite(Float64Array.from(A.flat()), A.length, 0, new Float64Array(A.length ** 2));
}

/** A symmetric matrix with its negative eigenvalues raised to zero, in units of the variables' sizes. */
export function raise(A: Matrix, size: readonly number[] = A.map(() => 1)): Matrix {
  const flat = Float64Array.from(A.flat());
  projectEigenvalues(flat, A.length, Float64Array.from(size), createEigenScratch(A.length));
  return rowsOf(flat, A.length);
}
