import type { Vec } from "../ocp/index.ts";
import type { IpmPairs } from "./ipm-pairs.ts";
import type { QpShape } from "./qp.ts";

/**
 * The pairs' part in a Newton step. With `c1`, `c2` the right-hand sides of `t dl + l dt` and `s dn + n ds`,
 * `w1 = l/t`, `w2 = n/s`, `e1 = c1/t`, `e2 = c2/s` and the tie `dl + dn = quadratic ds`, a soft row reduces to
 *
 *     ds = D (e1 + e2 - w1 dg),  dl = e1 - w1 (dg + ds),  D = 1 / (quadratic + w1 + w2)
 *
 * (w2 = e2 = dn = 0 where there is no linear penalty), that is, to the weight `w1 (quadratic + w2) D` and the
 * force `D ((quadratic + w2) e1 - w1 e2)` on g = C dx + D du + c. A hard row has weight w1 and force `e1 - w1 e`
 * with `e = g - t`, which may differ from zero at a start and shrinks with every step.
 * Starts satisfy the tie, `t = g + s` and `t = +-(u - bound)`; steps keep what is linear.
 */
export type IpmNewton = {
  readonly shape: QpShape;
  /** The pairs' multipliers l stand there, in hl and sl. */
  readonly pairs: IpmPairs;
  /** Longest step up to a limit that keeps every pair >= 0, and the sum of the products of steps. */
  alpha: number;
  cross: number;
  /** Mean and largest product, largest force (multiplier times coefficient) of a soft row. */
  mu: number;
  worst: number;
  largest: number;
  /** By how much a multiplier would exceed its penalty's slope once s is eliminated. */
  slope: number;
  /** A row of numbers per hard pair, per inequality and per equality: one array each, as loops over a dozen are slower. */
  readonly hard: Vec;
  readonly soft: Vec;
  readonly equal: Vec;
  /** (ns) values of the soft rows along a step, or the forces on them. */
  readonly g: Vec;
  /** (ns) weights of the rows. */
  readonly weight: Vec;
};
