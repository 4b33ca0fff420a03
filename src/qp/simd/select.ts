import { firmStart, looseStart } from "../ipm-centre.ts";
import { isFixed, slackPrice } from "../ipm-pairs.ts";
import type { Qp } from "../qp.ts";
import { isIdleRow, rowSize } from "../qp-residual.ts";
import { recordAt, type SimdState } from "./state.ts";

/** In the place of a hard row's quadratic weight: its slack stays where it is. */
const RIGID = 1e200;

/** Writes which bounds and rows there are, what they cost, and their values at dX = 0, dU = 0. */
export function selectSimd(s: SimdState, qp: Qp): void {
  const { controlAt, hardUpper, boxAt, boxUpper, rowAt } = s;
  const { N, nb, nu, nr, equality } = s.shape;
  const { sign, t, l, g0: bound } = s.hard;
  const { g0 } = s.soft;
  const { boxLinear, boxQuadratic, rowLinear, rowQuadratic } = qp.weights;
  s.count = 0;
  s.fixed.length = 0;
  s.plain = true;
  s.measurable = true;
  // Places of bounds that are not there, and lanes that pad: t = 1, l = 0, and no step.
  t.fill(1);
  for (const array of [l, sign, bound]) array.fill(0);
  for (let i = 0; i < N * nu; i++) {
    if (isFixed(qp.uLower[i], qp.uUpper[i])) {
      s.fixed.push(i);
      s.measurable = false;
      continue;
    }
    const [lower, upper] = [controlAt[i], controlAt[i] + hardUpper];
    if (qp.uLower[i] !== -Infinity) {
      sign[lower] = 1;
      bound[lower] = -qp.uLower[i];
      s.count++;
    }
    if (qp.uUpper[i] !== Infinity) {
      sign[upper] = -1;
      bound[upper] = qp.uUpper[i];
      s.count++;
    }
  }
  selectNone(s);
  for (let at = nb; at < (N + 1) * nb; at++) {
    const [lower, upper] = [boxAt[at], boxAt[at] + boxUpper];
    if (qp.xLower[at] !== -Infinity) {
      addSoft(s, lower, 1, boxLinear[at], boxQuadratic[at], 1);
      g0[lower] = -qp.xLower[at];
    }
    if (qp.xUpper[at] !== Infinity) {
      addSoft(s, upper, -1, boxLinear[at], boxQuadratic[at], 1);
      g0[upper] = qp.xUpper[at];
    }
  }
  for (let row = 0; row < nr; row++) {
    const at = rowAt[row];
    g0[at] = qp.c[row];
    const size = rowSize(qp, row);
    if (equality[row] === 0 && !isIdleRow(qp, row, size))
      addSoft(s, at, 1, rowLinear[row], rowQuadratic[row], size || 1);
  }
}

function selectNone({ soft }: SimdState): void {
  for (const array of [
    soft.sign,
    soft.tied,
    soft.bend,
    soft.size,
    soft.l,
    soft.n,
    soft.e,
    soft.g0,
    soft.linear,
    soft.curve,
    soft.equal,
  ])
    array.fill(0);
  for (const array of [soft.quadratic, soft.t, soft.s]) array.fill(1);
}

function addSoft(
  s: SimdState,
  at: number,
  sign: 1 | -1,
  linear: number,
  quadratic: number,
  size: number,
): void {
  if (linear === 0 && quadratic === 0) return;
  const { soft } = s;
  const hard = linear === Infinity;
  const tied = linear > 0 && !hard;
  soft.sign[at] = sign;
  soft.tied[at] = tied ? 1 : 0;
  soft.quadratic[at] = hard ? RIGID : quadratic;
  soft.bend[at] = hard ? 0 : quadratic;
  soft.size[at] = size;
  soft.linear[at] = linear;
  soft.curve[at] = hard ? 0 : quadratic;
  s.count += tied ? 2 : 1;
  if (!tied) s.plain = false;
}

/** What violated rows cost, given their values g. @param scale of the gradients */
export function softCost({ soft }: SimdState, scale: number): number {
  const { sign, g, g0, linear, curve, size } = soft;
  let cost = 0;
  for (let j = 0; j < g.length; j++) {
    const slack = -(g[j] + g0[j]);
    if (slack > 0 && sign[j] !== 0)
      cost += slack * (slackPrice(linear[j], size[j], scale) + 0.5 * curve[j] * slack);
  }
  return cost;
}

/** Centres the rows that have no linear penalty, or are hard; see centrePairs. */
export function centreRest(s: SimdState, mu: number, scale: number): void {
  const { sign, tied, linear, curve, size, g, g0, t, l, s: slack, n, e } = s.soft;
  if (s.plain) return;
  for (let j = 0; j < sign.length; j++) {
    if (sign[j] === 0 || tied[j] !== 0) continue;
    const start = linear[j] === Infinity ? firmStart : looseStart;
    const point = start(
      g[j] + g0[j],
      mu,
      linear[j] === Infinity ? scale / Math.max(size[j], Number.MIN_VALUE) : curve[j],
    );
    [t[j], l[j], slack[j], e[j]] = [point.t, point.l, point.s, point.e];
    n[j] = 0;
  }
}

/** Writes what is added to R's diagonal: a weight, or what holds a control that is fixed. */
export function setBase(s: SimdState, weight: number, fixedWeight: number): void {
  const { all, layout } = s;
  const { N, nu } = s.shape;
  const base = recordAt(s, "base");
  for (let k = 0; k < N; k++) for (let i = 0; i < nu; i++) all[base + (k * layout.stride) / 8 + i] = weight;
  for (const i of s.fixed) all[base + (Math.floor(i / nu) * layout.stride) / 8 + (i % nu)] = fixedWeight;
}
