import type { Vec } from "../ocp/index.ts";
import { addPairForces, hardDistances, type IpmPairs, softValues } from "./ipm-pairs.ts";
import type { Qp, QpShape } from "./qp.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/** First weight of an active bound or row, relative to the mean diagonal of the cost's Hessian. */
const FIRST_WEIGHT = 1e3;
/** Growth of the weight each time the pieces have settled. */
const WEIGHT_GROWTH = 10;
/** A control that may not move is one of this quadratic weight. */
const FIXED_WEIGHT = 1e60;
/** Trial lengths of one line search. */
const TRIALS = 8;

/**
 * Newton's method on the active set, for starts near the solution: the augmented Lagrangian of a QP with the
 * multipliers `l` of an earlier solution is piecewise quadratic in (dX, dU), and its multiplier of a bound or
 * soft row with value g is
 *
 *     l(g) = clamp(l - rho g, 0, linear + quadratic s),  s the violation once the row gives way
 *
 * One Riccati recursion minimizes the present piece; an exact line search keeps the value falling; when no
 * piece changes, `l` becomes l(g), which brings the violation down by a factor of the order of rho over the
 * cost's curvature. Each step costs half of an interior point's, and near the solution very few are needed.
 *
 * Source: the proximal method of multipliers with semismooth Newton steps (Rockafellar 1976; De Marchi 2022).
 */
export type ActiveSetNewton = {
  /** Steps taken by the last run. */
  steps: number;
  /**
   * Improves (X, U) and the multipliers in `pairs` (hl, sl) in place. Each time no piece changed and no product
   * of a multiplier with its distance exceeds `limit`, `done` is asked; returns whether it ever agreed.
   */
  run(qp: Qp, X: Vec, U: Vec, maxSteps: number, limit: number, done: (qp: Qp) => boolean): boolean;
};

export function createActiveSetNewton(
  shape: QpShape,
  kernels: RiccatiKernels,
  pairs: IpmPairs,
): ActiveSetNewton {
  const { N, nx, nu, nc } = shape;
  const { hardIndex, hardSign, boxAt, boxSign, linear, quadratic } = pairs;
  const states = (): Vec => new Float64Array((N + 1) * nx);
  const controls = (): Vec => new Float64Array(N * nu);
  const hard = (): Vec => new Float64Array(pairs.ht.length);
  const soft = (): Vec => new Float64Array(linear.length);
  const [stepX, gx, qh, hx, zeroX] = Array.from({ length: 5 }, states);
  const [stepU, gu, rh, hu, zeroU, dR, Linv, z] = Array.from({ length: 8 }, controls);
  // Value, multiplier estimate, step of the value, weight: of hard bounds, of soft rows.
  const [ht, hEstimate, hStep, hWeight] = Array.from({ length: 4 }, hard);
  const [sg, sEstimate, sStep, sWeight] = Array.from({ length: 4 }, soft);
  const Qh = new Float64Array((N + 1) * nx * nx);
  const Y = new Float64Array(N * nu * nx);
  const L = new Float64Array(N * nu * nu);
  let rho = 1;
  let worst = 0;

  const newton: ActiveSetNewton = { steps: 0, run };

  /** Multiplier of soft row j at value g. */
  function softMultiplier(j: number, g: number): number {
    const l = sEstimate[j] - rho * g;
    if (l <= 0) return 0;
    if (l <= linear[j]) return l;
    return linear[j] + (quadratic[j] / (rho + quadratic[j])) * (l - linear[j]);
  }

  /** Multipliers at the present values into hl, sl; weights of the present piece. Whether the piece changed. */
  function select(): boolean {
    const { nh, ns, hl, sl } = pairs;
    let changed = false;
    worst = 0;
    for (let j = 0; j < nh; j++) {
      const l = hEstimate[j] - rho * ht[j];
      const weight = l > 0 ? rho : 0;
      hl[j] = l > 0 ? l : 0;
      if (l > 0) worst = Math.max(worst, Math.abs(l * ht[j]));
      if (weight !== hWeight[j]) changed = true;
      hWeight[j] = weight;
    }
    for (let j = 0; j < ns; j++) {
      const l = sEstimate[j] - rho * sg[j];
      const weight = l <= 0 ? 0 : l <= linear[j] ? rho : (rho * quadratic[j]) / (rho + quadratic[j]);
      const m = softMultiplier(j, sg[j]);
      sl[j] = m;
      if (m > 0 && (m < linear[j] || sg[j] > 0)) worst = Math.max(worst, Math.abs(m * sg[j]));
      if (weight !== sWeight[j]) changed = true;
      sWeight[j] = weight;
    }
    return changed;
  }

  function factorize(qp: Qp): boolean {
    const { nh, nbox, ns } = pairs;
    Qh.set(qp.Q);
    dR.fill(0);
    for (let j = 0; j < pairs.nf; j++) dR[pairs.fixed[j]] = FIXED_WEIGHT;
    for (let j = 0; j < nh; j++) dR[hardIndex[j]] += hWeight[j];
    let j = 0;
    for (; j < nbox; j++) {
      const k = (boxAt[j] / nx) | 0;
      Qh[boxAt[j] * nx + boxAt[j] - k * nx] += sWeight[j];
    }
    for (let k = 1; k <= N && j < ns; k++) {
      for (let co = k * nc * nx; co < (k + 1) * nc * nx; co += nx, j++) {
        const weight = sWeight[j];
        if (weight === 0) continue;
        for (let i = 0; i < nx; i++) {
          const f = weight * qp.C[co + i];
          if (f === 0) continue;
          for (let m = 0; m <= i; m++) Qh[(k * nx + i) * nx + m] += f * qp.C[co + m];
        }
      }
    }
    return kernels.factor(N, qp.A, qp.B, Qh, qp.R, qp.M, dR, Y, L, Linv);
  }

  /** Derivative of the augmented Lagrangian along the step, at length alpha. */
  function slope(alpha: number, linearPart: number, quadraticPart: number): number {
    const { nh, ns } = pairs;
    let sum = linearPart + alpha * quadraticPart;
    for (let j = 0; j < nh; j++) {
      const l = hEstimate[j] - rho * (ht[j] + alpha * hStep[j]);
      if (l > 0) sum -= l * hStep[j];
    }
    for (let j = 0; j < ns; j++) sum -= softMultiplier(j, sg[j] + alpha * sStep[j]) * sStep[j];
    return sum;
  }

  /** Where the derivative vanishes, within [0, 1]; 1 where it is still negative there. */
  function search(a: number, b: number): number {
    let high = slope(1, a, b);
    let low = slope(0, a, b);
    const enough = 0.1 * Math.abs(low) + 1e-9 * Math.abs(a);
    if (high <= enough) return 1;
    let from = 0;
    let to = 1;
    let alpha = 1;
    for (let i = 0; i < TRIALS; i++) {
      // False position, with a bisection every other time against one-sided progress.
      alpha = i % 2 === 0 ? from + ((to - from) * low) / (low - high) : 0.5 * (from + to);
      const value = slope(alpha, a, b);
      if (Math.abs(value) <= enough) break;
      if (value < 0) {
        from = alpha;
        low = value;
      } else {
        to = alpha;
        high = value;
      }
    }
    return alpha;
  }

  function stepValues(qp: Qp): void {
    const { nh, nbox, ns } = pairs;
    for (let j = 0; j < nh; j++) hStep[j] = hardSign[j] * stepU[hardIndex[j]];
    let j = 0;
    for (; j < nbox; j++) sStep[j] = boxSign[j] * stepX[boxAt[j]];
    for (let k = 1; k <= N && j < ns; k++) {
      for (let co = k * nc * nx; co < (k + 1) * nc * nx; co += nx) {
        let sum = 0;
        for (let i = 0; i < nx; i++) sum += qp.C[co + i] * stepX[k * nx + i];
        sStep[j++] = sum;
      }
    }
  }

  function run(qp: Qp, X: Vec, U: Vec, maxSteps: number, limit: number, done: (qp: Qp) => boolean): boolean {
    const { A, B, Q, R, M } = qp;
    let trace = 0;
    for (let i = 0; i < N * nu; i++) trace += R[i * nu + (i % nu)];
    for (let i = nx; i < (N + 1) * nx; i++) trace += Q[i * nx + (i % nx)];
    rho = (FIRST_WEIGHT * trace) / (N * (nx + nu));
    hEstimate.set(pairs.hl);
    sEstimate.set(pairs.sl);
    hardDistances(pairs, qp, U, ht);
    softValues(pairs, qp, X, sg);
    hWeight.fill(-1);
    select();
    kernels.gradient(N, Q, R, M, qp.q, qp.r, X, U, gx, gu);
    let changed = true;
    for (newton.steps = 0; newton.steps < maxSteps; ) {
      if (changed && !factorize(qp)) return false;
      qh.set(gx);
      rh.set(gu);
      addPairForces(pairs, qp, pairs.hl, pairs.sl, qh, rh);
      kernels.solve(N, A, B, qh, rh, Y, L, Linv, z, stepX, stepU);
      newton.steps++;
      stepValues(qp);
      kernels.gradient(N, Q, R, M, zeroX, zeroU, stepX, stepU, hx, hu);
      const a = dot(gx, stepX) + dot(gu, stepU);
      const b = dot(hx, stepX) + dot(hu, stepU);
      const alpha = search(a, b);
      addScaled(X, alpha, stepX);
      addScaled(U, alpha, stepU);
      addScaled(gx, alpha, hx);
      addScaled(gu, alpha, hu);
      addScaled(ht, alpha, hStep);
      addScaled(sg, alpha, sStep);
      changed = select();
      if (changed || alpha < 1) continue;
      hEstimate.set(pairs.hl);
      sEstimate.set(pairs.sl);
      if (worst <= limit && done(qp)) return true;
      rho *= WEIGHT_GROWTH;
      changed = select();
    }
    return false;
  }

  return newton;
}

function addScaled(out: Vec, alpha: number, a: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] += alpha * a[i];
}

function dot(a: Vec, b: Vec): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
