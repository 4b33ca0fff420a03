import type { Vec } from "../../ocp/index.ts";

/** Share of each diagonal entry that is added to it, since columns may depend on one another. */
const RIDGE = 1e-13;
/** Exchanges of many columns that may fail to help before they go one by one. */
const PATIENCE = 4;

/**
 * Minimises |b - sum_i y_i a_i| with `y_i >= 0` where `signed[i]`, by block principal pivoting.
 *
 * @param columns a_i, each as long as b
 * @returns y
 *
 * Source: L. Portugal, J. Judice, L. Vicente, Math. Comp. 63 (1994); the normal equations of few hundred columns.
 */
export function signedLeastSquares(columns: readonly Vec[], b: Vec, signed: readonly boolean[]): Vec {
  const n = columns.length;
  const G = columns.map((a) => Float64Array.from(columns, (c) => dot(a, c)));
  const rhs = Float64Array.from(columns, (a) => dot(a, b));
  for (let i = 0; i < n; i++) G[i][i] += RIDGE * G[i][i] + Number.MIN_VALUE;
  const size = Float64Array.from(G, (row, i) => Math.sqrt(row[i]));
  const off = 1e-12 * Math.sqrt(dot(b, b));
  const free = signed.map(() => true);
  let y = solveFree(G, rhs, free);
  let fewest = n + 1;
  let patience = PATIENCE;
  for (let round = 0; round < 20 * n + 20; round++) {
    const wrong: number[] = [];
    for (let i = 0; i < n; i++) {
      if (!signed[i]) continue;
      if (free[i] ? y[i] * size[i] < -off : rhs[i] - dot(G[i], y) > off * size[i]) wrong.push(i);
    }
    if (wrong.length === 0) break;
    patience = wrong.length < fewest ? PATIENCE : patience - 1;
    fewest = Math.min(fewest, wrong.length);
    for (const i of patience > 0 ? wrong : wrong.slice(-1)) free[i] = !free[i];
    y = solveFree(G, rhs, free);
  }
  return y.map((v, i) => (signed[i] ? Math.max(0, v) : v));
}

/** Solves G y = rhs for the free components by Cholesky; the others are 0. */
function solveFree(G: readonly Vec[], rhs: Vec, free: readonly boolean[]): Vec {
  const at = free.flatMap((is, i) => (is ? [i] : []));
  const n = at.length;
  const L = at.map(() => new Float64Array(n));
  const z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = G[at[i]][at[j]];
      for (let l = 0; l < j; l++) s -= L[i][l] * L[j][l];
      L[i][j] = i === j ? Math.sqrt(Math.max(s, RIDGE * G[at[i]][at[i]])) : s / L[j][j];
    }
    let s = rhs[at[i]];
    for (let l = 0; l < i; l++) s -= L[i][l] * z[l];
    z[i] = s / L[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let l = i + 1; l < n; l++) z[i] -= L[l][i] * z[l];
    z[i] /= L[i][i];
  }
  const y = new Float64Array(free.length);
  for (let i = 0; i < n; i++) y[at[i]] = z[i];
  return y;
}

function dot(a: Vec, b: Vec): number {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i] * b[i];
  return s;
}
