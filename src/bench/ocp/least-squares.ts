import type { Vec } from "../../ocp/index.ts";

/** Share of each diagonal entry that is added to it, since columns may depend on one another. */
const RIDGE = 1e-13;
/** Exchanges of many columns that may fail to help before they go one by one. */
const PATIENCE = 4;

/** Where a component of y may be. */
export type Interval = readonly [least: number, most: number];

/**
 * Minimises |b - sum_i y_i a_i| with every y_i in an interval, by block principal pivoting.
 *
 * @param columns a_i, each as long as b
 * @param intervals of each y_i; ends may be infinite
 * @returns y
 *
 * Source: L. Portugal, J. Judice, L. Vicente, Math. Comp. 63 (1994); the normal equations of few hundred columns.
 */
export function boundedLeastSquares(columns: readonly Vec[], b: Vec, intervals: readonly Interval[]): Vec {
  const n = columns.length;
  const G = columns.map((a) => Float64Array.from(columns, (c) => dot(a, c)));
  const rhs = Float64Array.from(columns, (a) => dot(a, b));
  for (let i = 0; i < n; i++) G[i][i] += RIDGE * G[i][i] + Number.MIN_VALUE;
  const size = Float64Array.from(G, (row, i) => Math.sqrt(row[i]));
  const off = 1e-12 * Math.sqrt(dot(b, b));
  /** The end where a component is held; undefined where it is free. */
  const held: (number | undefined)[] = intervals.map(([least, most]) => (least === most ? least : undefined));
  let y = solveFree(G, rhs, held);
  let fewest = n + 1;
  let patience = PATIENCE;
  for (let round = 0; round < 20 * n + 20; round++) {
    const wrong: [number, number | undefined][] = [];
    intervals.forEach(([least, most], i) => {
      if (least === most) return;
      const slope = rhs[i] - dot(G[i], y);
      if (held[i] === undefined) {
        if ((y[i] - least) * size[i] < -off) wrong.push([i, least]);
        else if ((y[i] - most) * size[i] > off) wrong.push([i, most]);
      } else if (held[i] === least ? slope > off * size[i] : slope < -off * size[i])
        wrong.push([i, undefined]);
    });
    if (wrong.length === 0) break;
    patience = wrong.length < fewest ? PATIENCE : patience - 1;
    fewest = Math.min(fewest, wrong.length);
    for (const [i, end] of patience > 0 ? wrong : wrong.slice(-1)) held[i] = end;
    y = solveFree(G, rhs, held);
  }
  return y.map((v, i) => Math.min(intervals[i][1], Math.max(intervals[i][0], v)));
}

/** Solves G y = rhs for the free components by Cholesky, the others being held. */
function solveFree(G: readonly Vec[], rhs: Vec, held: readonly (number | undefined)[]): Vec {
  const at = held.flatMap((end, i) => (end === undefined ? [i] : []));
  const y = Float64Array.from(held, (end) => end ?? 0);
  const n = at.length;
  const L = at.map(() => new Float64Array(n));
  const z = Float64Array.from(at, (i) => rhs[i] - dot(G[i], y));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = G[at[i]][at[j]];
      for (let l = 0; l < j; l++) s -= L[i][l] * L[j][l];
      L[i][j] = i === j ? Math.sqrt(Math.max(s, RIDGE * G[at[i]][at[i]])) : s / L[j][j];
    }
    for (let l = 0; l < i; l++) z[i] -= L[i][l] * z[l];
    z[i] /= L[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let l = i + 1; l < n; l++) z[i] -= L[l][i] * z[l];
    z[i] /= L[i][i];
  }
  for (let i = 0; i < n; i++) y[at[i]] = z[i];
  return y;
}

function dot(a: Vec, b: Vec): number {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i] * b[i];
  return s;
}
