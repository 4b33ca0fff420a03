import type { IpmNumbers } from "../ipm-engine.ts";
import {
  centreEquality,
  correctEqualities,
  directEqualities,
  updateEqualities,
  weighEqualities,
} from "../ipm-equality.ts";
import { createIpmNewton } from "../ipm-newton.ts";
import type { IpmNewton } from "../ipm-newton-type.ts";
import { createIpmPairs, selectPairs, slackPrice } from "../ipm-pairs.ts";
import type { Qp, QpShape } from "../qp.ts";
import type { SimdState } from "./state.ts";

/**
 * Equalities beside the pairs in WebAssembly: their Newton step is JavaScript's, as they are few; their weights,
 * forces and products stand among those of the other rows.
 */
export type SimdEqualities = { readonly newton: IpmNewton };

/** Allocates them for a shape. */
export function createSimdEqualities(shape: QpShape): SimdEqualities {
  return { newton: createIpmNewton(shape, createIpmPairs(shape)) };
}

/** Place of equality j in the soft arrays. */
const placeOf = ({ newton: { pairs } }: SimdEqualities, s: SimdState, j: number): number =>
  s.rowAt[pairs.row[j]];

/** Lists the equalities that cost anything. @returns how many pairs they have */
export function selectEqualities(e: SimdEqualities | undefined, s: SimdState, qp: Qp): number {
  if (e === undefined) return 0;
  const { pairs } = e.newton;
  selectPairs(pairs, qp);
  for (let j = pairs.nq; j < pairs.ns; j++) {
    const at = placeOf(e, s, j);
    s.soft.equal[at] = 1;
    s.soft.linear[at] = pairs.linear[j];
    s.soft.curve[at] = pairs.quadratic[j];
    s.measurable = false;
  }
  return pairs.count - s.count;
}

/** What violated equalities cost, given the values g of all rows. */
export function equalityCost(e: SimdEqualities | undefined, s: SimdState, scale: number): number {
  if (e === undefined) return 0;
  const { nq, ns, linear, quadratic, size } = e.newton.pairs;
  let cost = 0;
  for (let j = nq; j < ns; j++) {
    const at = placeOf(e, s, j);
    const slack = Math.abs(s.soft.g[at] + s.soft.g0[at]);
    if (slack > 0) cost += slack * (slackPrice(linear[j], size[j], scale) + 0.5 * quadratic[j] * slack);
  }
  return cost;
}

/** Centres them at mu. */
export function centreEqualities(
  e: SimdEqualities | undefined,
  s: SimdState,
  mu: number,
  curvature: number,
): void {
  if (e === undefined) return;
  const { nq, ns, sl } = e.newton.pairs;
  for (let j = nq; j < ns; j++) {
    const at = placeOf(e, s, j);
    centreEquality(e.newton, j, s.soft.g[at] + s.soft.g0[at], mu, curvature);
    s.soft.l[at] = sl[j];
    // The active set keeps the row's value there, which the pairs' kernels would take for a distance.
    s.soft.t[at] = 1;
  }
}

/** Writes their weights and the predictor's forces. */
export function weighEqualRows(e: SimdEqualities | undefined, s: SimdState): void {
  if (e === undefined) return;
  const { newton } = e;
  weighEqualities(newton);
  for (let j = newton.pairs.nq; j < newton.pairs.ns; j++) s.soft.weight[placeOf(e, s, j)] = newton.weight[j];
  writeForces(e, s);
}

/** Writes the corrector's forces. */
export function correctEqualRows(
  e: SimdEqualities | undefined,
  s: SimdState,
  target: number,
  share: number,
): void {
  if (e === undefined) return;
  correctEqualities(e.newton, target, share);
  writeForces(e, s);
}

function writeForces(e: SimdEqualities, s: SimdState): void {
  const { pairs, g } = e.newton;
  for (let j = pairs.nq; j < pairs.ns; j++) s.soft.phi[placeOf(e, s, j)] = pairs.sl[j] + g[j];
}

/** Finds their steps for the products in g; shortens alpha and adds to cross. */
export function directEqualRows(e: SimdEqualities | undefined, s: SimdState, numbers: IpmNumbers): void {
  if (e === undefined) return;
  const { newton } = e;
  for (let j = newton.pairs.nq; j < newton.pairs.ns; j++) newton.g[j] = s.soft.g[placeOf(e, s, j)];
  newton.alpha = numbers.alpha;
  newton.cross = numbers.cross;
  directEqualities(newton);
  numbers.alpha = newton.alpha;
  numbers.cross = newton.cross;
}

/** Takes alpha of their steps; adds their products to mu, which is a sum here. */
export function updateEqualRows(
  e: SimdEqualities | undefined,
  s: SimdState,
  alpha: number,
  numbers: IpmNumbers,
): void {
  if (e === undefined) return;
  const { newton } = e;
  copySums(numbers, newton);
  updateEqualities(newton, alpha);
  copySums(newton, numbers);
  for (let j = newton.pairs.nq; j < newton.pairs.ns; j++) s.soft.l[placeOf(e, s, j)] = newton.pairs.sl[j];
}

type Sums = Pick<IpmNumbers, "mu" | "worst" | "largest" | "slope">;

function copySums(from: Sums, to: Sums): void {
  to.mu = from.mu;
  to.worst = from.worst;
  to.largest = from.largest;
  to.slope = from.slope;
}
