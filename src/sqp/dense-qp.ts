import { add, identity, inner, type Matrix, solve, times, transpose } from "../linalg/index.ts";
import type { SoftPenalty } from "../ocp/index.ts";

/** A constraint a'v + b >= 0, with `equal` = 0; where it has a penalty, as equalities must, its violation is paid for. */
type DenseRow = {
  readonly a: number[];
  readonly b: number;
  readonly penalty?: SoftPenalty;
  readonly equal?: boolean;
};

/**
 * Solves min 1/2 v'Hv + h'v + penalties by a primal active set: slow, and exact to rounding.
 *
 * A soft row has a slack s with a'v + b + s >= 0 and s >= 0, or of an equality s >= a'v + b. From v = 0, which must satisfy the other rows, each round
 * goes towards the best point with the working rows at zero, as far as no row is crossed; there, the row with the
 * most negative multiplier is let go.
 *
 * Source: Nocedal and Wright, Numerical Optimization, algorithm 16.3.
 *
 * @param H (n, n) positive definite
 * @returns v (n) and the multipliers y of the rows; undefined where the rounds go in circles
 */
export function solveDenseQp(H: Matrix, h: number[], rows: readonly DenseRow[]) {
  const n = h.length;
  const soft = rows.flatMap(({ b, penalty, equal = false }, i) =>
    penalty ? [{ i, b, equal, ...penalty }] : [],
  );
  const unit = identity(n + soft.length);
  const P = unit.map((e, i) => e.map((v, j) => (i < n ? (H[i][j] ?? 0) : v * soft[i - n].quadratic)));
  const p = [...h, ...soft.map(({ linear }) => linear)];
  const zero = soft.map(() => 0);
  const all = [
    ...rows.map(({ a, b }) => ({ a: [...a, ...zero], b })),
    ...soft.map(({ i, b, equal }, j) => ({
      a: equal ? add(unit[n + j], [...rows[i].a, ...zero], -1) : unit[n + j],
      b: equal ? -b : 0,
    })),
  ];
  soft.forEach(({ i }, j) => {
    all[i].a[n + j] = 1;
  });
  let point = [...h.map(() => 0), ...soft.map(({ b, equal }) => Math.max(equal ? b : 0, -b))];
  let working = soft.map(({ i, b }, j) => (b < 0 ? i : rows.length + j));
  for (let round = 0; round < 100 + 10 * all.length; round++) {
    // [P -A'; A 0] [d; y] = [-(P point + p); 0] with A the working rows
    const A = working.map((i) => all[i].a);
    const kkt = [
      ...P.map((row, i) => [...row, ...A.map((a) => -a[i])]),
      ...A.map((a) => [...a, ...A.map(() => 0)]),
    ];
    const force = [...add(times(P, point), p), ...A.map(() => 0)];
    const answer = solve(kkt, transpose([force])).map(([v]) => -v);
    const [d, y] = [answer.slice(0, point.length), answer.slice(point.length)];
    let [length, blocking] = [1, -1];
    all.forEach(({ a, b }, i) => {
      const rate = inner(a, d);
      const reach = Math.max(0, inner(a, point) + b) / -rate;
      if (rate < -1e-12 && reach < length && !working.includes(i)) [length, blocking] = [reach, i];
    });
    point = add(point, d, length);
    // the weight of a hard row in its slack's multiplier must not hide the sign of the others
    const most = 1 + Math.max(0, ...y.filter((_, i) => working[i] < rows.length));
    const share = y.map((v, i) => v / (1 + (soft[working[i] - rows.length]?.linear ?? most)));
    const worst = Math.min(...share);
    if (blocking >= 0) working.push(blocking);
    else if (worst < -1e-10) working = working.filter((_, i) => share[i] !== worst);
    else {
      const of = (i: number): number => y[working.indexOf(i)] ?? 0;
      const otherSide = (i: number): number => soft.findIndex((row) => row.i === i && row.equal);
      const force = (i: number): number => of(i) - (otherSide(i) < 0 ? 0 : of(rows.length + otherSide(i)));
      return { v: point.slice(0, n), y: rows.map((_, i) => force(i)) };
    }
  }
  return undefined;
}
