import type { Vec } from "../ocp/index.ts";
import type { Qp, QpMultipliers, QpShape } from "./qp.ts";

/**
 * The complementarity pairs of a QP and their part in a Newton step of the interior point.
 *
 * A hard pair is one finite control bound: distance `t = +-(u - bound) > 0`, multiplier `l > 0`, `t l = mu`.
 * A soft row `g + s >= 0, s >= 0` (a collision row or one side of the state box) has two pairs, `t l = mu`
 * with `t = g + s` and `s n = mu`, tied by the penalty's slope `l + n = linear + quadratic s`. Both `s` and
 * the tie are eliminated, so that a soft row enters the Riccati recursion as one scalar weight.
 *
 * Every start satisfies the tie and `t = +-(u - bound)` exactly, and steps keep linear equations; only
 * `t = g + s` may begin with a residual (`rt`).
 */
export type IpmPairs = ReturnType<typeof createIpmPairs>;

export function createIpmPairs(shape: QpShape) {
  const { N, nx, nu, nc, nb, boxIndex } = shape;
  const nhMax = 2 * N * nu;
  const nsMax = 2 * N * nb + N * nc;
  const hard = () => new Float64Array(nhMax);
  const soft = () => new Float64Array(nsMax);

  // Hard pairs: which entry of U, and +1 at a lower bound, -1 at an upper one.
  const hIndex = new Int32Array(nhMax);
  const hSign = hard();
  const [ht, hl, hw, he, hc, hti] = [hard(), hard(), hard(), hard(), hard(), hard()] as const;
  // Soft pairs: the sides of the state box first (which entry of X, sign), then every row.
  const sIndex = new Int32Array(2 * N * nb);
  const sSign = new Float64Array(2 * N * nb);
  const [st, sl, ss, sn, rt] = [soft(), soft(), soft(), soft(), soft()] as const;
  const [w1, w2, D, e1, e2, c1, c2, dg, ds] = [
    soft(),
    soft(),
    soft(),
    soft(),
    soft(),
    soft(),
    soft(),
    soft(),
    soft(),
  ] as const;
  const [tInv, sInv] = [soft(), soft()] as const;
  // Controls whose bounds coincide.
  const fixed = new Int32Array(N * nu);

  const p = {
    /** Number of hard pairs, box sides, soft rows in all (box sides included), and fixed controls. */
    nh: 0,
    nbox: 0,
    ns: 0,
    nf: 0,
    /** Pairs in all. */
    count: 0,
    linear: soft(),
    quadratic: soft(),
    ht,
    hl,
    st,
    sl,
    ss,
    sn,
    rt,
    fixed,
    select,
    values,
    centre,
    addMultipliers,
    assemble,
    correct,
    direction,
    update,
    toMultipliers,
    hIndex,
    hSign,
    sIndex,
    sSign,
    /** Set by `direction`. */
    alpha: 1,
    cross: 0,
    /** Set by `update`. */
    mu: 0,
    worst: 0,
    slope: 0,
    largest: 0,
  };
  const { linear, quadratic } = p;
  let C: Vec = new Float64Array(0);

  /** Lists the finite bounds of a QP and its fixed controls. */
  function select(qp: Qp): void {
    let nh = 0;
    let nf = 0;
    for (let i = 0; i < N * nu; i++) {
      const lower = qp.uLower[i];
      const upper = qp.uUpper[i];
      const width = upper - lower;
      if (width < Infinity && width <= 1e-11 * (1 + Math.abs(lower))) {
        fixed[nf++] = i;
        continue;
      }
      if (lower !== -Infinity) {
        hIndex[nh] = i;
        hSign[nh++] = 1;
      }
      if (upper !== Infinity) {
        hIndex[nh] = i;
        hSign[nh++] = -1;
      }
    }
    let ns = 0;
    const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.penalty;
    if (boxLinear > 0 || boxQuadratic > 0) {
      for (let k = 1; k <= N; k++) {
        for (let j = 0; j < nb; j++) {
          const i = k * nx + boxIndex[j];
          if (qp.xLower[k * nb + j] !== -Infinity) {
            sIndex[ns] = i;
            sSign[ns++] = 1;
          }
          if (qp.xUpper[k * nb + j] !== Infinity) {
            sIndex[ns] = i;
            sSign[ns++] = -1;
          }
        }
      }
    }
    p.nh = nh;
    p.nf = nf;
    p.nbox = ns;
    linear.fill(boxLinear, 0, ns);
    quadratic.fill(boxQuadratic, 0, ns);
    p.ns = rowLinear > 0 || rowQuadratic > 0 ? ns + N * nc : ns;
    linear.fill(rowLinear, ns, p.ns);
    quadratic.fill(rowQuadratic, ns, p.ns);
    p.count = nh + 2 * p.ns;
    C = qp.C;
  }

  /** Distances at (X, U): t of hard pairs to outHard, g of soft rows to outSoft. */
  function values(qp: Qp, X: Vec, U: Vec, outHard: Vec, outSoft: Vec): void {
    const { nh, nbox, ns } = p;
    for (let j = 0; j < nh; j++) {
      const i = hIndex[j];
      outHard[j] = hSign[j] > 0 ? U[i] - qp.uLower[i] : qp.uUpper[i] - U[i];
    }
    let j = 0;
    if (nbox > 0) {
      for (let k = 1; k <= N; k++) {
        for (let b = 0; b < nb; b++) {
          const x = X[k * nx + boxIndex[b]];
          const lower = qp.xLower[k * nb + b];
          const upper = qp.xUpper[k * nb + b];
          if (lower !== -Infinity) outSoft[j++] = x - lower;
          if (upper !== Infinity) outSoft[j++] = upper - x;
        }
      }
    }
    for (; j < ns; j++) {
      const at = j - nbox + nc;
      const xo = (((at / nc) | 0) * nx) | 0;
      let g = qp.c[at];
      for (let i = 0; i < nx; i++) g += C[at * nx + i] * X[xo + i];
      outSoft[j] = g;
    }
  }

  /** Centres every pair at mu, given t of hard pairs (in ht) and g of soft rows. */
  function centre(g: Vec, mu: number): void {
    for (let j = 0; j < p.nh; j++) hl[j] = mu / ht[j];
    for (let j = 0; j < p.ns; j++) centreSoft(j, g[j], mu);
  }

  /** Solves `mu / (g + s) + mu / s = linear + quadratic s` for s > max(0, -g), closely enough to be centred. */
  function centreSoft(j: number, g: number, mu: number): void {
    const zj = linear[j];
    const Z = quadratic[j];
    let s = 0;
    let t = 0;
    let slope = zj + (g < 0 ? -g * Z : 0) + Math.sqrt(2 * mu * Z);
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
      slope = zj + Z * s;
    }
    slope = zj + Z * s;
    st[j] = t;
    ss[j] = s;
    sl[j] = (slope * s) / (s + t);
    sn[j] = (slope * t) / (s + t);
    rt[j] = 0;
  }

  /** Subtracts the multipliers' forces from the gradients (gx, gu). */
  function addMultipliers(gx: Vec, gu: Vec): void {
    for (let j = 0; j < p.nh; j++) gu[hIndex[j]] -= hSign[j] * hl[j];
    for (let j = 0; j < p.ns; j++) {
      if (j < p.nbox) {
        gx[sIndex[j]] -= sSign[j] * sl[j];
      } else {
        const at = j - p.nbox + nc;
        const xo = ((at / nc) | 0) * nx;
        for (let i = 0; i < nx; i++) gx[xo + i] -= C[at * nx + i] * sl[j];
      }
    }
  }

  /**
   * Adds the multipliers to the gradients (gx, gu), and the weights and the affine (predictor) terms of
   * every pair to Qh (lower triangle), dR, qh, rh. On entry qh, rh are zero; dR holds the regularization.
   */
  function assemble(gx: Vec, gu: Vec, Qh: Vec, dR: Vec, qh: Vec, rh: Vec): void {
    const { nh, nbox, ns } = p;
    for (let j = 0; j < nh; j++) {
      const i = hIndex[j];
      const sign = hSign[j];
      const l = hl[j];
      const ti = 1 / ht[j];
      const w = l * ti;
      hti[j] = ti;
      hw[j] = w;
      he[j] = -l;
      dR[i] += w;
      gu[i] -= sign * l;
      rh[i] += sign * l;
    }
    for (let j = 0; j < ns; j++) {
      const l = sl[j];
      const n = sn[j];
      const ti = 1 / st[j];
      const si = 1 / ss[j];
      const a = l * ti;
      const b = n * si;
      const q = quadratic[j] + b;
      const d = 1 / (q + a);
      tInv[j] = ti;
      sInv[j] = si;
      w1[j] = a;
      w2[j] = b;
      D[j] = d;
      const ea = -l - a * rt[j];
      e1[j] = ea;
      e2[j] = -n;
      const e = d * (q * ea + a * n);
      const weight = a * q * d;
      if (j < nbox) {
        const i = sIndex[j];
        const sign = sSign[j];
        const k = (i / nx) | 0;
        const at = i * nx + (i - k * nx);
        Qh[at] += weight;
        gx[i] -= sign * l;
        qh[i] -= sign * e;
      } else {
        const co = (j - nbox + nc) * nx;
        const xo = (((j - nbox + nc) / nc) | 0) * nx;
        for (let i = 0; i < nx; i++) {
          const ci = C[co + i];
          if (ci === 0) continue;
          gx[xo + i] -= ci * l;
          qh[xo + i] -= ci * e;
          const f = weight * ci;
          const at = (xo + i) * nx;
          for (let m = 0; m <= i; m++) Qh[at + m] += f * C[co + m];
        }
      }
    }
  }

  /** The corrector's terms for the target product, into qh, rh (zero on entry). Uses the predictor's steps. */
  function correct(target: number, qh: Vec, rh: Vec): void {
    const { nh, nbox, ns } = p;
    for (let j = 0; j < nh; j++) {
      const i = hIndex[j];
      const e = (target - hc[j]) * hti[j] - hl[j];
      he[j] = e;
      rh[i] -= hSign[j] * e;
    }
    for (let j = 0; j < ns; j++) {
      const a = w1[j];
      const ea = (target - c1[j]) * tInv[j] - sl[j] - a * rt[j];
      const eb = (target - c2[j]) * sInv[j] - sn[j];
      e1[j] = ea;
      e2[j] = eb;
      const e = D[j] * ((quadratic[j] + w2[j]) * ea - a * eb);
      if (j < nbox) {
        const i = sIndex[j];
        qh[i] -= sSign[j] * e;
      } else {
        const co = (j - nbox + nc) * nx;
        const xo = (((j - nbox + nc) / nc) | 0) * nx;
        for (let i = 0; i < nx; i++) qh[xo + i] -= C[co + i] * e;
      }
    }
  }

  /**
   * Steps of every pair for a step (dX, dU): sets `alpha`, the longest step that keeps all of them >= 0, and
   * `cross`, the sum of the products of steps, which are kept for the corrector.
   */
  function direction(dX: Vec, dU: Vec): void {
    const { nh, nbox, ns } = p;
    let alpha = 1;
    let cross = 0;
    for (let j = 0; j < nh; j++) {
      const d = hSign[j] * dU[hIndex[j]];
      const l = he[j] - hw[j] * d;
      if (ht[j] + alpha * d < 0) alpha = -ht[j] / d;
      if (hl[j] + alpha * l < 0) alpha = -hl[j] / l;
      hc[j] = d * l;
      cross += d * l;
    }
    for (let j = 0; j < ns; j++) {
      let g = 0;
      if (j < nbox) g = sSign[j] * dX[sIndex[j]];
      else {
        const co = (j - nbox + nc) * nx;
        const xo = (((j - nbox + nc) / nc) | 0) * nx;
        for (let i = 0; i < nx; i++) g += C[co + i] * dX[xo + i];
      }
      const a = w1[j];
      const s = (e1[j] + e2[j] - a * g) * D[j];
      const t = g + s + rt[j];
      const l = e1[j] - a * (g + s);
      const n = e2[j] - w2[j] * s;
      if (st[j] + alpha * t < 0) alpha = -st[j] / t;
      if (sl[j] + alpha * l < 0) alpha = -sl[j] / l;
      if (ss[j] + alpha * s < 0) alpha = -ss[j] / s;
      if (sn[j] + alpha * n < 0) alpha = -sn[j] / n;
      dg[j] = g;
      ds[j] = s;
      c1[j] = t * l;
      c2[j] = s * n;
      cross += t * l + s * n;
    }
    p.alpha = alpha;
    p.cross = cross;
  }

  /**
   * Takes a step of length alpha along the last direction. Sets `mu` (mean product), `worst` (largest
   * product), `largest` (multiplier) and `slope` (by how much a multiplier exceeds its penalty's slope once s is eliminated).
   */
  function update(alpha: number, dU: Vec): void {
    const { nh, ns } = p;
    let sum = 0;
    let worst = 0;
    let slope = 0;
    let largest = 0;
    for (let j = 0; j < nh; j++) {
      const d = hSign[j] * dU[hIndex[j]];
      const t = ht[j] + alpha * d;
      const l = hl[j] + alpha * (he[j] - hw[j] * d);
      ht[j] = t;
      hl[j] = l;
      const product = t * l;
      sum += product;
      if (product > worst) worst = product;
      if (l > largest) largest = l;
    }
    for (let j = 0; j < ns; j++) {
      const g = dg[j];
      const dsj = ds[j];
      const t = st[j] + alpha * (g + dsj + rt[j]);
      const l = sl[j] + alpha * (e1[j] - w1[j] * (g + dsj));
      const s = ss[j] + alpha * dsj;
      const n = sn[j] + alpha * (e2[j] - w2[j] * dsj);
      st[j] = t;
      sl[j] = l;
      ss[j] = s;
      sn[j] = n;
      rt[j] = rt[j] * (1 - alpha);
      const first = t * l;
      const second = s * n;
      sum += first + second;
      if (first > worst) worst = first;
      if (second > worst) worst = second;
      const excess = quadratic[j] * Math.min(t, s) - n;
      if (excess > slope) slope = excess;
      if (l > largest) largest = l;
    }
    p.mu = p.count > 0 ? sum / p.count : 0;
    p.worst = worst;
    p.slope = slope;
    p.largest = largest;
  }

  /** Writes the multipliers in the layout of a solution; those of fixed controls stay zero. */
  function toMultipliers(qp: Qp, out: QpMultipliers): void {
    const { nh, nbox, ns } = p;
    out.uLower.fill(0);
    out.uUpper.fill(0);
    out.xLower.fill(0);
    out.xUpper.fill(0);
    out.rows.fill(0);
    for (let j = 0; j < nh; j++) (hSign[j] > 0 ? out.uLower : out.uUpper)[hIndex[j]] = hl[j];
    let j = 0;
    if (nbox > 0) {
      for (let k = 1; k <= N; k++) {
        for (let b = 0; b < nb; b++) {
          if (qp.xLower[k * nb + b] !== -Infinity) out.xLower[k * nb + b] = sl[j++];
          if (qp.xUpper[k * nb + b] !== Infinity) out.xUpper[k * nb + b] = sl[j++];
        }
      }
    }
    for (; j < ns; j++) out.rows[j - nbox + nc] = sl[j];
  }

  return p;
}
