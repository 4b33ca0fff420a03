import type { Vec } from "../ocp/index.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import { isTied } from "./ipm-pairs.ts";

/** Columns of an equality's row: slacks and their multipliers, their steps, then the doc comments' i, c, W, e, delta. */
const EQUAL = {
  s1: 0,
  n1: 1,
  s2: 2,
  n2: 3,
  ds1: 4,
  dn1: 5,
  ds2: 6,
  dn2: 7,
  i1: 8,
  i2: 9,
  c1: 10,
  c2: 11,
  W: 12,
  e: 13,
  delta: 14,
  dy: 15,
  size: 16,
} as const;

/**
 * Largest weight of an equality in a Newton step, relative to the cost's curvature. With 1e8, equalities of problems of least
 * time, whose cost hardly curves, were left unmet; with this no multiplier of random QPs got worse.
 */
const LARGEST_WEIGHT = 1e11;

/** Allocates the rows of n equalities. */
export function createEqualRows(n: number): Vec {
  return new Float64Array(n * EQUAL.size);
}

/**
 * Centres equality j, of value g, at mu: with `sigma = s1 + s2` and a given slope `S = n1 + n2` its two pairs say
 * `mu sigma = S s1 s2`, a quadratic in sigma. A hard one starts at y = 0, away from its value by `e = g`.
 *
 * @param curvature a typical diagonal entry of the cost's Hessian
 */
export function centreEquality(s: IpmNewton, j: number, g: number, mu: number, curvature: number): void {
  const { equal, pairs } = s;
  const { linear, quadratic, size, sl } = pairs;
  const o = (j - pairs.nq) * EQUAL.size;
  const Z = quadratic[j];
  equal.fill(0, o, o + EQUAL.size);
  equal[o + EQUAL.delta] = size[j] > 0 ? (size[j] * size[j]) / (LARGEST_WEIGHT * curvature) : 1;
  if (!isTied(linear[j])) {
    sl[j] = linear[j] === 0 ? -Z * g : 0;
    equal[o + EQUAL.e] = linear[j] === 0 ? 0 : g;
    equal[o + EQUAL.i1] = linear[j] === 0 ? 1 / Z : 0;
    return;
  }
  let sigma = Math.abs(g);
  let slope = 2 * linear[j];
  for (let round = 0; round < 3; round++) {
    slope = 2 * linear[j] + Z * sigma;
    const half = (2 * mu) / slope;
    sigma = half + Math.sqrt(half * half + g * g);
  }
  const large = 0.5 * (sigma + Math.abs(g));
  const small = (mu * sigma) / (slope * large);
  equal[o + EQUAL.s1] = g < 0 ? large : small;
  equal[o + EQUAL.s2] = g < 0 ? small : large;
  equal[o + EQUAL.e] = g + equal[o + EQUAL.s1] - equal[o + EQUAL.s2];
  // With S of the final sigma both n are positive, and y fits both.
  const total = 2 * linear[j] + Z * sigma;
  equal[o + EQUAL.n1] = (total * equal[o + EQUAL.s2]) / sigma;
  equal[o + EQUAL.n2] = (total * equal[o + EQUAL.s1]) / sigma;
  sl[j] = linear[j] + Z * equal[o + EQUAL.s1] - equal[o + EQUAL.n1];
}

/**
 * Writes the weight W of each equality on G'G, and its force for a target product of zero:
 *
 *     dy = -W (dg + e + i1 c1 - i2 c2),  W = 1 / (i1 + i2 + delta),  i = 1 / (n / s + quadratic)
 *
 * from `ds1 = i1 (c1 + dy)`, `ds2 = i2 (c2 - dy)` and `dg + ds1 - ds2 + delta dy = -e`. The delta keeps the
 * weight within what the recursion can carry; what it leaves of the row is the next step's e.
 */
export function weighEqualities(s: IpmNewton): void {
  const { nq, ns, linear, quadratic } = s.pairs;
  const { equal } = s;
  for (let j = nq, o = 0; j < ns; j++, o += EQUAL.size) {
    if (isTied(linear[j])) {
      equal[o + EQUAL.i1] = 1 / (equal[o + EQUAL.n1] / equal[o + EQUAL.s1] + quadratic[j]);
      equal[o + EQUAL.i2] = 1 / (equal[o + EQUAL.n2] / equal[o + EQUAL.s2] + quadratic[j]);
    }
    equal[o + EQUAL.c1] = -equal[o + EQUAL.n1];
    equal[o + EQUAL.c2] = -equal[o + EQUAL.n2];
    equal[o + EQUAL.W] = 1 / (equal[o + EQUAL.i1] + equal[o + EQUAL.i2] + equal[o + EQUAL.delta]);
    s.weight[j] = equal[o + EQUAL.W];
    s.g[j] = forceOf(equal, o);
  }
}

function forceOf(equal: Vec, o: number): number {
  const offset = equal[o + EQUAL.i1] * equal[o + EQUAL.c1] - equal[o + EQUAL.i2] * equal[o + EQUAL.c2];
  return -equal[o + EQUAL.W] * (equal[o + EQUAL.e] + offset);
}

/** Writes c1, c2 for a target product, with `share` of the second-order term, and the forces into g. */
export function correctEqualities(s: IpmNewton, target: number, share: number): void {
  const { nq, ns, linear } = s.pairs;
  const { equal } = s;
  for (let j = nq, o = 0; j < ns; j++, o += EQUAL.size) {
    if (isTied(linear[j])) {
      const first = target - share * equal[o + EQUAL.ds1] * equal[o + EQUAL.dn1];
      const second = target - share * equal[o + EQUAL.ds2] * equal[o + EQUAL.dn2];
      equal[o + EQUAL.c1] = first / equal[o + EQUAL.s1] - equal[o + EQUAL.n1];
      equal[o + EQUAL.c2] = second / equal[o + EQUAL.s2] - equal[o + EQUAL.n2];
    }
    s.g[j] = forceOf(equal, o);
  }
}

/** Writes the steps for the products G (dX, dU) in g; shortens `alpha` and adds to `cross`. */
export function directEqualities(s: IpmNewton): void {
  const { nq, ns, linear, quadratic } = s.pairs;
  const { equal, g } = s;
  let { alpha, cross } = s;
  for (let j = nq, o = 0; j < ns; j++, o += EQUAL.size) {
    const dy = forceOf(equal, o) - equal[o + EQUAL.W] * g[j];
    equal[o + EQUAL.dy] = dy;
    if (!isTied(linear[j])) continue;
    const ds1 = equal[o + EQUAL.i1] * (equal[o + EQUAL.c1] + dy);
    const ds2 = equal[o + EQUAL.i2] * (equal[o + EQUAL.c2] - dy);
    const dn1 = quadratic[j] * ds1 - dy;
    const dn2 = quadratic[j] * ds2 + dy;
    alpha = reach(equal[o + EQUAL.s1], ds1, reach(equal[o + EQUAL.n1], dn1, alpha));
    alpha = reach(equal[o + EQUAL.s2], ds2, reach(equal[o + EQUAL.n2], dn2, alpha));
    equal[o + EQUAL.ds1] = ds1;
    equal[o + EQUAL.dn1] = dn1;
    equal[o + EQUAL.ds2] = ds2;
    equal[o + EQUAL.dn2] = dn2;
    cross += ds1 * dn1 + ds2 * dn2;
  }
  s.alpha = alpha;
  s.cross = cross;
}

/** The longest step up to alpha that keeps a number >= 0. */
function reach(value: number, step: number, alpha: number): number {
  return value + alpha * step < 0 ? -value / step : alpha;
}

/** Takes alpha of the steps; adds the products of the equalities' pairs to `mu`. */
export function updateEqualities(s: IpmNewton, alpha: number): void {
  const { nq, ns, linear, quadratic, size, sl } = s.pairs;
  const { equal } = s;
  for (let j = nq, o = 0; j < ns; j++, o += EQUAL.size) {
    const dy = equal[o + EQUAL.dy];
    sl[j] += alpha * dy;
    equal[o + EQUAL.e] = (1 - alpha) * equal[o + EQUAL.e] - alpha * equal[o + EQUAL.delta] * dy;
    s.largest = Math.max(s.largest, Math.abs(sl[j]) * size[j]);
    if (!isTied(linear[j])) continue;
    equal[o + EQUAL.s1] += alpha * equal[o + EQUAL.ds1];
    equal[o + EQUAL.n1] += alpha * equal[o + EQUAL.dn1];
    equal[o + EQUAL.s2] += alpha * equal[o + EQUAL.ds2];
    equal[o + EQUAL.n2] += alpha * equal[o + EQUAL.dn2];
    const first = equal[o + EQUAL.s1] * equal[o + EQUAL.n1];
    const second = equal[o + EQUAL.s2] * equal[o + EQUAL.n2];
    s.mu += first + second;
    s.worst = Math.max(s.worst, first, second);
    const least = Math.min(equal[o + EQUAL.s1], equal[o + EQUAL.s2]);
    s.slope = Math.max(s.slope, quadratic[j] * least - Math.min(equal[o + EQUAL.n1], equal[o + EQUAL.n2]));
  }
}
