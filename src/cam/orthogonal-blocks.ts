import { checkCount, type Rng } from "../base/index.ts";

/** How the directions of random features are drawn. */
export type ProjectionOptions = {
  /** Orthogonal within blocks of `dim` rows (default true); false: independent Gaussian rows. */
  readonly orthogonal?: boolean;
  /**
   * Multiplies Q's columns by sign(diag R), which makes Q Haar distributed (default true). False is an
   * ablation: Householder QR alone prefers some directions, and FAVOR+ and FAVOR++ are then biased.
   */
  readonly signCorrected?: boolean;
};

/**
 * Draws the projections `w_i ~ N(0, I_n)` of random features, in orthogonal blocks: each row is
 * standard normal by itself (uniform direction, chi(n) norm), rows of one block are orthogonal.
 *
 * @param rows how many projections; the last block is cut where `rows` is no multiple of `dim`
 * @param dim n, the dimension of queries and keys
 * @returns (rows, dim)
 * @throws ConfigError where a size is not a positive integer
 * Source: Yu et al. 2016 (orthogonal random features), Mezzadri 2007 (Haar measure from QR).
 */
export function drawProjections(
  rows: number,
  dim: number,
  rng: Rng,
  options: ProjectionOptions = {},
): Float64Array {
  checkCount("rows", rows, 1);
  checkCount("dim", dim, 1);
  const weights = new Float64Array(rows * dim);
  for (let i = 0; i < weights.length; i++) weights[i] = rng.gauss();
  if (options.orthogonal === false) return weights;
  const block = new Float64Array(dim * dim);
  const diagonal = new Float64Array(dim);
  for (let first = 0; first < rows; first += dim) {
    for (let i = 0; i < block.length; i++) block[i] = rng.gauss();
    householderQ(block, dim, diagonal);
    const count = Math.min(dim, rows - first);
    for (let j = 0; j < count; j++) {
      const row = (first + j) * dim;
      // The row's own Gaussian, drawn above, lends its chi(n) norm; the direction is Q's column j.
      let squared = 0;
      for (let i = 0; i < dim; i++) squared += weights[row + i] * weights[row + i];
      const norm = Math.sqrt(squared);
      const factor = options.signCorrected === false || diagonal[j] >= 0 ? norm : -norm;
      for (let i = 0; i < dim; i++) weights[row + i] = factor * block[i * dim + j];
    }
  }
  return weights;
}

/**
 * Q of the Householder QR decomposition, in place, in LAPACK's convention (the reflection that moves a
 * column away from its axis, so that diag R has the sign opposite to the pivot).
 *
 * @param a (n, n), overwritten with Q
 * @param diagonal (n), receives diag R
 */
function householderQ(a: Float64Array, n: number, diagonal: Float64Array): void {
  const beta = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    let squared = 0;
    for (let i = k; i < n; i++) squared += a[i * n + k] * a[i * n + k];
    const pivot = a[k * n + k];
    // LAPACK leaves the last column as it is: one number needs no reflection.
    diagonal[k] = k === n - 1 ? pivot : pivot >= 0 ? -Math.sqrt(squared) : Math.sqrt(squared);
    a[k * n + k] = pivot - diagonal[k];
    beta[k] = squared > 0 && k < n - 1 ? 1 / (squared - pivot * diagonal[k]) : 0;
    for (let j = k + 1; j < n; j++) reflect(a, n, k, beta[k], a, j, k);
  }
  const q = new Float64Array(n * n);
  for (let j = 0; j < n; j++) q[j * n + j] = 1;
  for (let j = 0; j < n; j++) for (let k = n - 1; k >= 0; k--) reflect(a, n, k, beta[k], q, j, k);
  a.set(q);
}

/** Applies `I - beta v v'`, v stored in column k of `a` from row k on, to column j of `target`. */
function reflect(
  a: Float64Array,
  n: number,
  k: number,
  beta: number,
  target: Float64Array,
  j: number,
  from: number,
): void {
  let dot = 0;
  for (let i = from; i < n; i++) dot += a[i * n + k] * target[i * n + j];
  dot *= beta;
  for (let i = from; i < n; i++) target[i * n + j] -= dot * a[i * n + k];
}
