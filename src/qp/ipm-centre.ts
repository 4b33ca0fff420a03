import type { Vec } from "../ocp/index.ts";
import { centreEquality } from "./ipm-equality.ts";
import { centreHard } from "./ipm-hard.ts";
import type { IpmNewton } from "./ipm-newton-type.ts";
import { isTied } from "./ipm-pairs.ts";
import { setSoftRow } from "./ipm-soft.ts";
import type { Qp } from "./qp.ts";

/**
 * Centres every pair at mu, given the controls U and the values g (ns) of the rows. A hard row that is violated
 * starts inside all the same; by how much that is not its value is e, which the steps close.
 *
 * @param scale of the gradients
 * @param curvature a typical diagonal entry of the cost's Hessian
 */
export function centrePairs(
  newton: IpmNewton,
  qp: Qp,
  U: Vec,
  g: Vec,
  mu: number,
  scale: number,
  curvature: number,
): void {
  const { nq, ns, linear, quadratic, size } = newton.pairs;
  centreHard(newton, qp, U, mu);
  for (let j = 0; j < nq; j++) {
    if (isTied(linear[j])) {
      centreSoft(newton, j, g[j], mu);
      continue;
    }
    if (linear[j] === 0) {
      const s = looseSlack(g[j], mu, quadratic[j]);
      setSoftRow(newton, j, mu / (quadratic[j] * s), quadratic[j] * s, s, 0, 0);
    } else {
      const t = firmDistance(g[j], mu, size[j], scale);
      setSoftRow(newton, j, t, mu / t, 1, 0, g[j] - t);
    }
  }
  for (let j = nq; j < ns; j++) centreEquality(newton, j, g[j], mu, curvature);
}

/**
 * Distance t at which a hard row of value g starts, with multiplier mu / t and `e = g - t`: near g, the multiplier within a
 * typical one's size.
 *
 * @param size largest coefficient of the row
 * @param scale of the gradients
 */
export function firmDistance(g: number, mu: number, size: number, scale: number): number {
  return Math.max(g, (mu * Math.max(size, Number.MIN_VALUE)) / scale);
}

/**
 * Slack s at which a row of value g without a linear penalty starts, with multiplier quadratic s and distance
 * `t = mu / (quadratic s)`: s >= 0 holds by itself, and (g + s) quadratic s = mu.
 */
export function looseSlack(g: number, mu: number, quadratic: number): number {
  const root = Math.sqrt(g * g + (4 * mu) / quadratic);
  return g > 0 ? (2 * mu) / quadratic / (root + g) : 0.5 * (root - g);
}

/** Solves `mu / (g + s) + mu / s = linear + quadratic s` for s > max(0, -g), closely enough to be centred. */
function centreSoft(newton: IpmNewton, j: number, g: number, mu: number): void {
  const z = newton.pairs.linear[j];
  const Z = newton.pairs.quadratic[j];
  let s = 0;
  let t = 0;
  let slope = z + (g < 0 ? -g * Z : 0) + Math.sqrt(2 * mu * Z);
  // For a given slope the equation is quadratic in s; written so that neither root cancels.
  for (let round = 0; round < 3; round++) {
    const a = slope * g;
    const root = Math.sqrt(a * a + 4 * mu * mu);
    if (a > 0) {
      s = (mu + (2 * mu * mu) / (root + a)) / slope;
      t = g + s;
    } else {
      t = (mu + (2 * mu * mu) / (root - a)) / slope;
      s = t - g;
    }
    if (Z === 0) break;
    slope = z + Z * s;
  }
  slope = z + Z * s;
  setSoftRow(newton, j, t, (slope * s) / (s + t), s, (slope * t) / (s + t), 0);
}
