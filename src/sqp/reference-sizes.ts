import { add, inner, type Matrix, times, transpose } from "../linalg/index.ts";
import type { Stage } from "./reference-stages.ts";

/** The regulator of a problem: gains, step and curvature S = R + B'PB per stage. */
export type ReferenceRegulator = { K: Matrix[]; feed: Matrix; S: Matrix[] };

/** Natural sizes: of controls, their gradients, the constraints and control bounds of each stage, of the cost. */
export type ReferenceSizes = { u: number[]; gradient: number[]; c: Matrix; cost: number };

const largest = (rows: Matrix): number[] =>
  transpose(rows).map((column) => Math.max(0, ...column.map(Math.abs)));

/** The sizes that every decision is a share of: `naturalSizes` and `kktResiduals`, naive. @param p costates */
export function sizesAt(
  X: Matrix,
  U: Matrix,
  stages: Stage[],
  { K, feed }: ReferenceRegulator,
  p: Matrix,
): ReferenceSizes {
  const nx = X[0].length;
  let dx = X[0].map(() => 0);
  let free = dx;
  const moved: Matrix = [];
  const steps = U.map((u, k) => {
    const { c, f, soft } = stages[k];
    const m = soft.length;
    const du = add(feed[k], times(K[k], dx)).map((v, j) =>
      Math.min(Math.max(v, -c[m + j]), c[m + u.length + j]),
    );
    dx = times(f, [...dx, ...du]);
    // without bounds where unstable dynamics run away from bounded controls
    free = times(f, [...free, ...add(feed[k], times(K[k], free))]);
    moved.push(dx.map((v, i) => (Math.abs(v) > 1e3 * Math.abs(free[i]) ? free[i] : v)));
    return du;
  });
  const u = largest([...U, ...steps]);
  const x = largest([...X.slice(1).map((row) => add(row, X[0], -1)), ...moved]);
  // |p_i|, or |C'y|_i where that is more, and the largest of it from stage k on
  const own = p.map((row, k) => {
    const { f, l } = stages[k];
    const next = k < U.length ? times(transpose(f), p[k + 1].slice(0, nx)) : l.map(() => 0);
    return row.map((v, i) => Math.max(Math.abs(v), Math.abs(l[i] + next[i] - v)));
  });
  const price = own.map((row, k) =>
    row.map((_, i) => Math.max(...own.slice(k).map((later) => Math.abs(later[i] ?? 0)))),
  );
  const terms = (k: number, j: number, p: Matrix): number => {
    const { f, l } = stages[k];
    const links = f.map(
      (a, i) => Math.abs(a[nx + j]) * (Math.abs(p[k + 1][i]) + Math.abs(stages[k + 1].l[i])),
    );
    return links.reduce((sum, v) => sum + v, Math.abs(l[nx + j]));
  };
  const rows = (k: number, j: number): number => {
    const pull = stages[k].f.reduce((sum, a, i) => sum + a[nx + j] * p[k + 1][i], stages[k].l[nx + j]);
    return Math.abs(pull - p[k][nx + j]); // D'y
  };
  const sums = (p: Matrix): number[] =>
    largest(U.map((u, k) => u.map((_, j) => terms(k, j, p) + rows(k, j))));
  const gradient = sums(price);
  const apart = sums(own);
  const cost = Math.max(...u.map((v, j) => v * apart[j])) || 1;
  const c = stages.map(({ C, c, equal, soft }) =>
    C.map((row, i) => {
      const change = inner(row.map(Math.abs), [...x, ...u].slice(0, row.length));
      return change || (i < soft.length && (equal[i] ? Math.abs(c[i]) : Math.max(0, -c[i]))) || 1;
    }),
  );
  return { u, gradient, c, cost };
}
