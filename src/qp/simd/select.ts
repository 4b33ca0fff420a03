import { firmDistance, looseSlack } from "../ipm-centre.ts";
import { isFixed, slackPrice } from "../ipm-pairs.ts";
import type { Qp } from "../qp.ts";
import { isIdleRow, rowSize } from "../qp-residual.ts";
import { recordAt, type SimdState } from "./state.ts";

/** In the place of a hard row's quadratic weight: its slack stays where it is. */
const RIGID = 1e200;

/** Writes which bounds and rows there are, what they cost, and their values at dX = 0, dU = 0. */
export function selectSimd(s: SimdState, qp: Qp): void {
  selectNone(s);
  selectControls(s, qp);
  selectBox(s, qp);
  selectRows(s, qp);
}

/** Makes all places those of bounds that are not there, as the lanes that pad are: t = 1, l = 0, and no step. */
function selectNone(s: SimdState): void {
  const { all } = s;
  const { hard, soft } = s.layout;
  all.fill(0, hard.sign / 8, hard.t / 8);
  all.fill(1, hard.t / 8, hard.dt / 8);
  all.fill(0, soft.sign / 8, soft.quadratic / 8);
  all.fill(1, soft.quadratic / 8, soft.dt / 8);
  s.count = 0;
  s.fixed.length = 0;
  s.plain = true;
  s.measurable = true;
}

function selectControls(s: SimdState, { uLower, uUpper }: Qp): void {
  const { controlAt, hardUpper } = s;
  const { sign, g0: bound } = s.hard;
  for (let i = 0; i < controlAt.length; i++) {
    const at = controlAt[i];
    if (isFixed(uLower[i], uUpper[i])) {
      s.fixed.push(i);
      s.measurable = false;
      continue;
    }
    if (uLower[i] !== -Infinity) {
      sign[at] = 1;
      bound[at] = -uLower[i];
      s.count++;
    }
    if (uUpper[i] !== Infinity) {
      sign[at + hardUpper] = -1;
      bound[at + hardUpper] = uUpper[i];
      s.count++;
    }
  }
}

function selectBox(s: SimdState, { xLower, xUpper, weights }: Qp): void {
  const { boxAt, boxUpper, soft } = s;
  const { boxLinear, boxQuadratic } = weights;
  for (let i = s.shape.nb; i < boxAt.length; i++) {
    const at = boxAt[i];
    if (xLower[i] !== -Infinity) {
      addSoft(s, at, 1, boxLinear[i], boxQuadratic[i], 1);
      soft.g0[at] = -xLower[i];
    }
    if (xUpper[i] !== Infinity) {
      addSoft(s, at + boxUpper, -1, boxLinear[i], boxQuadratic[i], 1);
      soft.g0[at + boxUpper] = xUpper[i];
    }
  }
}

function selectRows(s: SimdState, qp: Qp): void {
  const { rowAt, soft } = s;
  const { rowLinear, rowQuadratic } = qp.weights;
  const { equality } = s.shape;
  for (let row = 0; row < rowAt.length; row++) {
    const at = rowAt[row];
    soft.g0[at] = qp.c[row];
    const size = rowSize(qp, row);
    if (equality[row] === 0 && !isIdleRow(qp, row, size))
      addSoft(s, at, 1, rowLinear[row], rowQuadratic[row], size || 1);
  }
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
    const value = g[j] + g0[j];
    n[j] = 0;
    if (linear[j] === Infinity) {
      t[j] = firmDistance(value, mu, size[j], scale);
      l[j] = mu / t[j];
      slack[j] = 1;
      e[j] = value - t[j];
    } else {
      slack[j] = looseSlack(value, mu, curve[j]);
      l[j] = curve[j] * slack[j];
      t[j] = mu / l[j];
      e[j] = 0;
    }
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
