import { addSymmetric, addTransposed, copyBlock } from "./products.ts";
import { createEigenScratch, type EigenScratch, jacobiEigen } from "./symmetric.ts";
import { createLqrScratch, type LqrProblem, lqrClose, lqrExpand } from "./tv-lqr.ts";

type Vec = Float64Array;

/** A direction `du = K dx + v` along which a linear-quadratic problem bends down, and its curvature, negative. */
export type NegativeCurvature = {
  /** (N, nu, nx) */ readonly K: Vec;
  /** (N + 1, nx) */ readonly dX: Vec;
  /** (N, nu) */ readonly dU: Vec;
  /** (N, nu) v */ readonly feed: Vec;
  readonly curvature: number;
};

/** A pivot closer to zero than this share of the terms that it is the difference of is rounding. */
const ROUNDING = 1e-8;

/**
 * A direction of negative curvature of a linear-quadratic problem, if it has one. In the Riccati recursion of
 * {@link lqrGains} the curvature of all that follows is `sum (du - K dx)'H(du - K dx)`; at stages where H is not
 * positive definite, K is zero and v is the vector with `v'Hv < 0` along which it bends down most. The sign of each v is the one with
 * which `v'G dx <= 0` of the stages before it: what stages bring adds up.
 *
 * @param size (nu) of the controls: the largest v is a size
 */
export function negativeCurvature(problem: LqrProblem, size: Vec): NegativeCurvature | undefined {
  const { N, nx, nu, A, B, Q, R } = problem;
  const scratch = createLqrScratch(nx, nu);
  const [K, V, pull] = [N * nu * nx, N * nu, N * nx].map((n) => new Float64Array(n));
  const [own, v] = [new Float64Array(nu), new Float64Array(nu)];
  const eigen = createEigenScratch(nu);
  let curvature = 0;
  copyBlock(Q, N * nx * nx, scratch.P);
  for (let k = N - 1; k >= 0; k--) {
    lqrExpand(problem, k, scratch);
    const { P, PA, H, G } = scratch;
    for (let i = 0; i < nu; i++) {
      const r = R[(k * nu + i) * nu + i];
      own[i] = Math.abs(r) + Math.abs(H[i * nu + i] - r);
    }
    const bends = downward(H, nu, own, size, v, eigen);
    curvature += bends;
    if (bends === 0 && lqrClose(problem, k, K, scratch)) continue;
    V.set(v, k * nu);
    K.fill(0, k * nu * nx, (k + 1) * nu * nx);
    addTransposed(G, 0, v, 0, nx, nu, 1, pull, k * nx);
    copyBlock(Q, k * nx * nx, P);
    addSymmetric(A, k * nx * nx, PA, 0, nx, nx, P);
  }
  if (curvature === 0) return undefined;
  const [dX, dU] = [new Float64Array((N + 1) * nx), new Float64Array(N * nu)];
  for (let k = 0; k < N; k++) {
    let slope = 0;
    for (let j = 0; j < nx; j++) slope += pull[k * nx + j] * dX[k * nx + j];
    const way = slope > 0 ? -1 : 1;
    for (let i = 0; i < nu; i++) {
      V[k * nu + i] *= way;
      let u = V[k * nu + i];
      for (let j = 0; j < nx; j++) u += K[(k * nu + i) * nx + j] * dX[k * nx + j];
      dU[k * nu + i] = u;
    }
    for (let i = 0; i < nx; i++) {
      let x = 0;
      for (let j = 0; j < nx; j++) x += A[(k * nx + i) * nx + j] * dX[k * nx + j];
      for (let j = 0; j < nu; j++) x += B[(k * nx + i) * nu + j] * dU[k * nu + j];
      dX[(k + 1) * nx + i] = x;
    }
  }
  return { K, dX, dU, feed: V, curvature };
}

/**
 * Writes v with `v'Hv < 0`, its largest entry one of `size`: the eigenvector of the least eigenvalue in these units, where the Cholesky
 * factor has a pivot below zero. (What that pivot leaves bends down, too, but may be all of the control that is the
 * cheapest, along which next to nothing bends.)
 *
 * @returns v'Hv; 0 with v = 0 where there is no such pivot
 */
function downward(H: Vec, n: number, own: Vec, size: Vec, v: Vec, { a, v: vectors }: EigenScratch): number {
  v.fill(0);
  if (!hasNegativePivot(H, n, own, a)) return 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) a[i * n + j] = size[i] * H[i * n + j] * size[j];
  }
  jacobiEigen(a, n, vectors);
  let least = 0;
  for (let i = 1; i < n; i++) if (a[i * (n + 1)] < a[least * (n + 1)]) least = i;
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(vectors[i * n + least]));
  for (let i = 0; i < n; i++) v[i] = (size[i] * vectors[i * n + least]) / most;
  return Math.min(0, a[least * (n + 1)]) / most ** 2;
}

/** Whether the Cholesky factor L of H has a pivot below zero by more than rounding, before one that is none. */
function hasNegativePivot(H: Vec, n: number, own: Vec, L: Vec): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = H[i * n + j];
      for (let l = 0; l < j; l++) s -= L[i * n + l] * L[j * n + l];
      if (j < i) L[i * n + j] = s / L[j * n + j];
      else if (!(s > 0)) return s < -ROUNDING * own[i];
      else L[i * n + i] = Math.sqrt(s);
    }
  }
  return false;
}
