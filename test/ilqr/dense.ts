import type { Rng } from "../../src/base/index.ts";

type Vec = Float64Array;

/** Solves A z = b for A (n, n) by Gaussian elimination with partial pivoting: the tests' reference. */
export function solveDense(A: ArrayLike<number>, b: ArrayLike<number>): Vec {
  const n = b.length;
  const T = Array.from({ length: n }, (_, i) => [...Array.from(A).slice(i * n, (i + 1) * n), b[i]]);
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let i = c; i < n; i++) if (Math.abs(T[i][c]) > Math.abs(T[pivot][c])) pivot = i;
    [T[c], T[pivot]] = [T[pivot], T[c]];
    for (let i = c + 1; i < n; i++) {
      const f = T[i][c] / T[c][c];
      for (let j = c; j <= n; j++) T[i][j] -= f * T[c][j];
    }
  }
  const z = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let s = T[i][n];
    for (let j = i + 1; j < n; j++) s -= T[i][j] * z[j];
    z[i] = s / T[i][i];
  }
  return z;
}

/** Random matrix (rows * cols) with standard normal entries. */
export function gaussian(rng: Rng, rows: number, cols: number): Vec {
  return Float64Array.from({ length: rows * cols }, () => rng.gauss());
}

/** Random symmetric positive definite (n, n) matrix `G G' + floor I`. */
export function positiveDefinite(rng: Rng, n: number, floor: number): Vec {
  const G = gaussian(rng, n, n);
  const H = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < n; l++) H[i * n + j] += G[i * n + l] * G[j * n + l];
      if (i === j) H[i * n + j] += floor;
    }
  }
  return H;
}

/** Largest absolute difference of two arrays. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= worst)) worst = d;
  }
  return worst;
}
