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
 * force `D ((quadratic + w2) e1 - w1 e2)` on g = C dx + c.
 * Starts satisfy the tie, `t = g + s` and `t = +-(u - bound)`; steps keep what is linear.
 */
export type IpmNewton = {
  /** Longest step up to `limit` that keeps every pair >= 0, and the sum of the products of steps. By `direction`. */
  alpha: number;
  cross: number;
  /** Mean and largest product, largest force (multiplier times coefficient) of a soft row. By `update`. */
  mu: number;
  worst: number;
  largest: number;
  /** By how much a multiplier would exceed its penalty's slope once s is eliminated. By `update`. */
  slope: number;
  /**
   * Adds weights and predictor (target 0) to Qh (N + 1, nx, nx; lower triangle), dR (N, nu), qh, rh, and the
   * present multipliers' forces to gx, gu.
   */
  assemble(C: Vec, gx: Vec, gu: Vec, Qh: Vec, dR: Vec, qh: Vec, rh: Vec): void;
  /** Adds the corrector's forces for a target product; `share` of the predictor's second-order term. */
  correct(C: Vec, target: number, share: number, qh: Vec, rh: Vec): void;
  /** Steps of every pair for a step (dX, dU). */
  direction(C: Vec, dX: Vec, dU: Vec, limit: number): void;
  /** Takes `alpha` of the last direction. */
  update(alpha: number): void;
};

export function createIpmNewton(shape: QpShape, pairs: IpmPairs): IpmNewton {
  const { N, nx, nc } = shape;
  const { hardIndex, hardSign, boxAt, boxSign, linear, quadratic, size, ht, hl, st, sl, ss, sn } = pairs;
  const hard = (): Vec => new Float64Array(ht.length);
  const soft = (): Vec => new Float64Array(linear.length);
  const [hw, he, hInverse, hdt, hdl] = [hard(), hard(), hard(), hard(), hard()];
  const [w1, D, tInverse, sInverse] = [soft(), soft(), soft(), soft()];
  const [w2, e1, e2, g] = [soft(), soft(), soft(), soft()];
  const [dt, dl, ds, dn] = [soft(), soft(), soft(), soft()];

  const newton: IpmNewton = {
    alpha: 1,
    cross: 0,
    mu: 0,
    worst: 0,
    largest: 0,
    slope: 0,
    assemble,
    correct,
    direction,
    update,
  };

  function assemble(C: Vec, gx: Vec, gu: Vec, Qh: Vec, dR: Vec, qh: Vec, rh: Vec): void {
    const { nh, nbox, ns } = pairs;
    for (let j = 0; j < nh; j++) {
      const i = hardIndex[j];
      const l = hl[j];
      const inverse = 1 / ht[j];
      const force = hardSign[j] * l;
      hInverse[j] = inverse;
      hw[j] = l * inverse;
      he[j] = -l;
      dR[i] += l * inverse;
      gu[i] -= force;
      rh[i] += force;
    }
    for (let j = 0; j < ns; j++) {
      const tInv = 1 / st[j];
      const sInv = 1 / ss[j];
      const a = sl[j] * tInv;
      const b = sn[j] * sInv;
      tInverse[j] = tInv;
      sInverse[j] = sInv;
      w1[j] = a;
      w2[j] = b;
      D[j] = 1 / (quadratic[j] + a + b);
      e1[j] = -sl[j];
      e2[j] = -sn[j];
    }
    for (let j = 0; j < nbox; j++) {
      const i = boxAt[j];
      const q = quadratic[j] + w2[j];
      const k = (i / nx) | 0;
      Qh[i * nx + i - k * nx] += w1[j] * q * D[j];
      gx[i] -= boxSign[j] * sl[j];
      qh[i] += boxSign[j] * D[j] * (q * sl[j] - w1[j] * sn[j]);
    }
    let j = nbox;
    for (let k = 1; k <= N && j < ns; k++) {
      const xo = k * nx;
      for (let co = xo * nc; co < (xo + nx) * nc; co += nx, j++) {
        const q = quadratic[j] + w2[j];
        const weight = w1[j] * q * D[j];
        const force = D[j] * (q * sl[j] - w1[j] * sn[j]);
        const l = sl[j];
        for (let i = 0; i < nx; i++) {
          const c = C[co + i];
          if (c === 0) continue;
          gx[xo + i] -= c * l;
          qh[xo + i] += c * force;
          const f = weight * c;
          const at = (xo + i) * nx;
          for (let m = 0; m <= i; m++) Qh[at + m] += f * C[co + m];
        }
      }
    }
  }

  function correct(C: Vec, target: number, share: number, qh: Vec, rh: Vec): void {
    const { nh, nbox, ns } = pairs;
    for (let j = 0; j < nh; j++) {
      const e = (target - share * hdt[j] * hdl[j]) * hInverse[j] - hl[j];
      he[j] = e;
      rh[hardIndex[j]] -= hardSign[j] * e;
    }
    for (let j = 0; j < ns; j++) {
      const a = (target - share * dt[j] * dl[j]) * tInverse[j] - sl[j];
      const b = linear[j] > 0 ? (target - share * ds[j] * dn[j]) * sInverse[j] - sn[j] : 0;
      e1[j] = a;
      e2[j] = b;
      g[j] = D[j] * ((quadratic[j] + w2[j]) * a - w1[j] * b);
    }
    for (let j = 0; j < nbox; j++) qh[boxAt[j]] -= boxSign[j] * g[j];
    let j = nbox;
    for (let k = 1; k <= N && j < ns; k++) {
      const xo = k * nx;
      for (let co = xo * nc; co < (xo + nx) * nc; co += nx, j++) {
        const force = g[j];
        for (let i = 0; i < nx; i++) qh[xo + i] -= C[co + i] * force;
      }
    }
  }

  function direction(C: Vec, dX: Vec, dU: Vec, limit: number): void {
    const { nh, nbox, ns } = pairs;
    let alpha = limit;
    let cross = 0;
    for (let j = 0; j < nh; j++) {
      const t = hardSign[j] * dU[hardIndex[j]];
      const l = he[j] - hw[j] * t;
      if (ht[j] + alpha * t < 0) alpha = -ht[j] / t;
      if (hl[j] + alpha * l < 0) alpha = -hl[j] / l;
      hdt[j] = t;
      hdl[j] = l;
      cross += t * l;
    }
    for (let j = 0; j < nbox; j++) g[j] = boxSign[j] * dX[boxAt[j]];
    let row = nbox;
    for (let k = 1; k <= N && row < ns; k++) {
      const xo = k * nx;
      for (let co = xo * nc; co < (xo + nx) * nc; co += nx) {
        let sum = 0;
        for (let i = 0; i < nx; i++) sum += C[co + i] * dX[xo + i];
        g[row++] = sum;
      }
    }
    for (let j = 0; j < ns; j++) {
      const s = (e1[j] + e2[j] - w1[j] * g[j]) * D[j];
      const t = g[j] + s;
      const l = e1[j] - w1[j] * t;
      const n = e2[j] - w2[j] * s;
      if (st[j] + alpha * t < 0) alpha = -st[j] / t;
      if (sl[j] + alpha * l < 0) alpha = -sl[j] / l;
      if (ss[j] + alpha * s < 0) alpha = -ss[j] / s;
      if (sn[j] + alpha * n < 0) alpha = -sn[j] / n;
      dt[j] = t;
      dl[j] = l;
      ds[j] = s;
      dn[j] = n;
      cross += t * l + s * n;
    }
    newton.alpha = alpha;
    newton.cross = cross;
  }

  function update(alpha: number): void {
    const { nh, ns } = pairs;
    let sum = 0;
    let worst = 0;
    let largest = 0;
    let slope = 0;
    for (let j = 0; j < nh; j++) {
      const t = ht[j] + alpha * hdt[j];
      const l = hl[j] + alpha * hdl[j];
      ht[j] = t;
      hl[j] = l;
      sum += t * l;
      if (t * l > worst) worst = t * l;
    }
    for (let j = 0; j < ns; j++) {
      const t = st[j] + alpha * dt[j];
      const l = sl[j] + alpha * dl[j];
      const s = ss[j] + alpha * ds[j];
      const n = sn[j] + alpha * dn[j];
      st[j] = t;
      sl[j] = l;
      ss[j] = s;
      sn[j] = n;
      const first = t * l;
      const second = s * n;
      sum += first + second;
      if (first > worst) worst = first;
      if (second > worst) worst = second;
      if (l * size[j] > largest) largest = l * size[j];
      const excess = quadratic[j] * Math.min(t, s) - n;
      if (excess > slope) slope = excess;
    }
    newton.mu = pairs.count > 0 ? sum / pairs.count : 0;
    newton.worst = worst;
    newton.largest = largest;
    newton.slope = slope;
  }

  return newton;
}
