import type { Vec } from "../ocp/index.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import { isTied } from "./ipm-pairs.ts";

/** Columns of an inequality's row: t, s, n, the steps, and the doc comment's w1, w2, D, e1, e2, then 1/t, 1/s, e. */
const SOFT = {
  t: 0,
  s: 1,
  n: 2,
  dt: 3,
  dl: 4,
  ds: 5,
  dn: 6,
  w1: 7,
  w2: 8,
  D: 9,
  e1: 10,
  e2: 11,
  tInverse: 12,
  sInverse: 13,
  e: 14,
  size: 15,
} as const;

/** Allocates the rows of n soft rows. */
export function createSoftRows(n: number): Vec {
  return new Float64Array(n * SOFT.size);
}

/** Sets an inequality's distance t, multiplier l, slack s, the slack's multiplier n, and e = g + s - t. */
export function setSoftRow(
  { pairs, soft }: IpmNewton,
  j: number,
  t: number,
  l: number,
  s: number,
  n: number,
  e: number,
): void {
  const o = j * SOFT.size;
  soft[o + SOFT.t] = t;
  soft[o + SOFT.s] = s;
  soft[o + SOFT.n] = n;
  soft[o + SOFT.e] = e;
  pairs.sl[j] = l;
}

/** Writes w1, w2, D, e1, e2 for a target of zero, 1/t and 1/s; the weights, and the forces into g. */
export function weighSoft(s: IpmNewton): void {
  const { nq, linear, quadratic, sl } = s.pairs;
  const { soft, weight, g } = s;
  for (let j = 0, o = 0; j < nq; j++, o += SOFT.size) {
    const tInv = 1 / soft[o + SOFT.t];
    const sInv = 1 / soft[o + SOFT.s];
    const a = sl[j] * tInv;
    const b = soft[o + SOFT.n] * sInv;
    soft[o + SOFT.tInverse] = tInv;
    soft[o + SOFT.sInverse] = sInv;
    soft[o + SOFT.w1] = a;
    soft[o + SOFT.w2] = b;
    soft[o + SOFT.e1] = -sl[j];
    soft[o + SOFT.e2] = -soft[o + SOFT.n];
    if (linear[j] === Infinity) {
      soft[o + SOFT.D] = 0;
      weight[j] = a;
      g[j] = -sl[j] - a * soft[o + SOFT.e];
      continue;
    }
    const d = 1 / (quadratic[j] + a + b);
    soft[o + SOFT.D] = d;
    weight[j] = a * (quadratic[j] + b) * d;
    g[j] = d * (a * soft[o + SOFT.n] - (quadratic[j] + b) * sl[j]);
  }
}

/** Writes e1, e2 for a target product, with `share` of the second-order term, and the forces into g. */
export function correctSoft(s: IpmNewton, target: number, share: number): void {
  const { nq, linear, quadratic, sl } = s.pairs;
  const { soft, g } = s;
  for (let j = 0, o = 0; j < nq; j++, o += SOFT.size) {
    const a = (target - share * soft[o + SOFT.dt] * soft[o + SOFT.dl]) * soft[o + SOFT.tInverse] - sl[j];
    const b = isTied(linear[j])
      ? (target - share * soft[o + SOFT.ds] * soft[o + SOFT.dn]) * soft[o + SOFT.sInverse] - soft[o + SOFT.n]
      : 0;
    soft[o + SOFT.e1] = a;
    soft[o + SOFT.e2] = b;
    g[j] =
      linear[j] === Infinity
        ? a - soft[o + SOFT.w1] * soft[o + SOFT.e]
        : soft[o + SOFT.D] * ((quadratic[j] + soft[o + SOFT.w2]) * a - soft[o + SOFT.w1] * b);
  }
}

/** Writes the steps for the products G (dX, dU) in g; shortens `alpha` and adds to `cross`. */
export function directSoft(s: IpmNewton): void {
  const { nq, sl } = s.pairs;
  const { soft, g } = s;
  let { alpha, cross } = s;
  for (let j = 0, o = 0; j < nq; j++, o += SOFT.size) {
    const d = (soft[o + SOFT.e1] + soft[o + SOFT.e2] - soft[o + SOFT.w1] * g[j]) * soft[o + SOFT.D];
    const t = g[j] + d + soft[o + SOFT.e];
    const l = soft[o + SOFT.e1] - soft[o + SOFT.w1] * t;
    const n = soft[o + SOFT.e2] - soft[o + SOFT.w2] * d;
    if (soft[o + SOFT.t] + alpha * t < 0) alpha = -soft[o + SOFT.t] / t;
    if (sl[j] + alpha * l < 0) alpha = -sl[j] / l;
    if (soft[o + SOFT.s] + alpha * d < 0) alpha = -soft[o + SOFT.s] / d;
    if (soft[o + SOFT.n] + alpha * n < 0) alpha = -soft[o + SOFT.n] / n;
    soft[o + SOFT.dt] = t;
    soft[o + SOFT.dl] = l;
    soft[o + SOFT.ds] = d;
    soft[o + SOFT.dn] = n;
    cross += t * l + d * n;
  }
  s.alpha = alpha;
  s.cross = cross;
}

/** Adds the products of the soft rows' pairs to `mu`. */
export function updateSoft(s: IpmNewton, alpha: number): void {
  const { nq, quadratic, size, sl } = s.pairs;
  const { soft } = s;
  let { mu: sum, worst } = s;
  let largest = 0;
  let slope = 0;
  for (let j = 0, o = 0; j < nq; j++, o += SOFT.size) {
    const t = soft[o + SOFT.t] + alpha * soft[o + SOFT.dt];
    const l = sl[j] + alpha * soft[o + SOFT.dl];
    const d = soft[o + SOFT.s] + alpha * soft[o + SOFT.ds];
    const n = soft[o + SOFT.n] + alpha * soft[o + SOFT.dn];
    soft[o + SOFT.t] = t;
    sl[j] = l;
    soft[o + SOFT.s] = d;
    soft[o + SOFT.n] = n;
    soft[o + SOFT.e] *= 1 - alpha;
    const first = t * l;
    const second = d * n;
    sum += first + second;
    if (first > worst) worst = first;
    if (second > worst) worst = second;
    if (l * size[j] > largest) largest = l * size[j];
    const excess = quadratic[j] * Math.min(t, d) - n;
    if (excess > slope) slope = excess;
  }
  s.mu = sum;
  s.worst = worst;
  s.largest = largest;
  s.slope = slope;
}
