import type { Vec } from "../ocp/index.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import { hardDistances } from "./ipm-pairs.ts";
import type { Qp } from "./qp.ts";

/** Columns of a hard pair's row: t, the steps of t and l, w = l/t, e = c/t, 1/t. */
const HARD = { t: 0, dt: 1, dl: 2, w: 3, e: 4, inverse: 5, size: 6 } as const;

/** Allocates the rows of n hard pairs. */
export function createHardRows(n: number): Vec {
  return new Float64Array(n * HARD.size);
}

/** Sets the distances of the hard pairs at U, and their multipliers so that every product is mu. */
export function centreHard(s: IpmNewton, qp: Qp, U: Vec, mu: number): void {
  const { hard } = s;
  const { nh, hl } = s.pairs;
  hardDistances(s.pairs, qp, U, hard, HARD.size);
  for (let j = 0; j < nh; j++) hl[j] = mu / hard[j * HARD.size + HARD.t];
}

/** Writes w, e for a target of zero, and 1/t; adds weights to dR, the present forces to gu and rh. */
export function assembleHard(s: IpmNewton, gu: Vec, dR: Vec, rh: Vec): void {
  const { nh, hardIndex, hardSign, hl } = s.pairs;
  const { hard } = s;
  for (let j = 0, o = 0; j < nh; j++, o += HARD.size) {
    const i = hardIndex[j];
    const l = hl[j];
    const tInv = 1 / hard[o + HARD.t];
    const force = hardSign[j] * l;
    hard[o + HARD.inverse] = tInv;
    hard[o + HARD.w] = l * tInv;
    hard[o + HARD.e] = -l;
    dR[i] += l * tInv;
    gu[i] -= force;
    rh[i] += force;
  }
}

/** Writes e for a target product, with `share` of the second-order term; adds the forces to rh. */
export function correctHard(s: IpmNewton, target: number, share: number, rh: Vec): void {
  const { nh, hardIndex, hardSign, hl } = s.pairs;
  const { hard } = s;
  for (let j = 0, o = 0; j < nh; j++, o += HARD.size) {
    const c = (target - share * hard[o + HARD.dt] * hard[o + HARD.dl]) * hard[o + HARD.inverse] - hl[j];
    hard[o + HARD.e] = c;
    rh[hardIndex[j]] -= hardSign[j] * c;
  }
}

/** Writes the steps for dU; shortens `alpha` and adds to `cross`. */
export function directHard(s: IpmNewton, dU: Vec): void {
  const { nh, hardIndex, hardSign, hl } = s.pairs;
  const { hard } = s;
  let { alpha, cross } = s;
  for (let j = 0, o = 0; j < nh; j++, o += HARD.size) {
    const t = hardSign[j] * dU[hardIndex[j]];
    const l = hard[o + HARD.e] - hard[o + HARD.w] * t;
    if (hard[o + HARD.t] + alpha * t < 0) alpha = -hard[o + HARD.t] / t;
    if (hl[j] + alpha * l < 0) alpha = -hl[j] / l;
    hard[o + HARD.dt] = t;
    hard[o + HARD.dl] = l;
    cross += t * l;
  }
  s.alpha = alpha;
  s.cross = cross;
}

/** Leaves the sum of the hard pairs' products in `mu`. */
export function updateHard(s: IpmNewton, alpha: number): void {
  const { nh, hl } = s.pairs;
  const { hard } = s;
  let sum = 0;
  let worst = 0;
  for (let j = 0, o = 0; j < nh; j++, o += HARD.size) {
    const t = hard[o + HARD.t] + alpha * hard[o + HARD.dt];
    const l = hl[j] + alpha * hard[o + HARD.dl];
    hard[o + HARD.t] = t;
    hl[j] = l;
    sum += t * l;
    if (t * l > worst) worst = t * l;
  }
  s.mu = sum;
  s.worst = worst;
}
