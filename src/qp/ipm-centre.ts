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
    const { t, l, s, e } =
      linear[j] === 0
        ? looseStart(g[j], mu, quadratic[j])
        : firmStart(g[j], mu, scale / Math.max(size[j], Number.MIN_VALUE));
    setSoftRow(newton, j, t, l, s, 0, e);
  }
  for (let j = nq; j < ns; j++) centreEquality(newton, j, g[j], mu, curvature);
}

/** Distance, multiplier, slack and e of a row at a start. */
type RowStart = { readonly t: number; readonly l: number; readonly s: number; readonly e: number };

/** A hard row: t l = mu with t near g, and l within a typical multiplier's size. */
export function firmStart(g: number, mu: number, typical: number): RowStart {
  const t = Math.max(g, mu / typical);
  return { t, l: mu / t, s: 1, e: g - t };
}

/** A row without a linear penalty, whose s >= 0 holds by itself: l = quadratic s, (g + s) l = mu. */
export function looseStart(g: number, mu: number, quadratic: number): RowStart {
  const root = Math.sqrt(g * g + (4 * mu) / quadratic);
  const s = g > 0 ? (2 * mu) / quadratic / (root + g) : 0.5 * (root - g);
  return { t: mu / (quadratic * s), l: quadratic * s, s, e: 0 };
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
