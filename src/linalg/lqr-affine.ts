import { addTransposed, copyBlock } from "./products.ts";
import { createLqrScratch, type LqrProblem, type LqrScratch, lqrClose, lqrExpand } from "./tv-lqr.ts";

type Vec = Float64Array;

/** The recursion of a linear-quadratic problem, kept: with it each set of linear terms costs one sweep back and forth. */
export type LqrFactors = {
  /** (N, nu, nx) gains. */
  readonly K: Vec;
  /** (N + 1, nx, nx) curvature of the cost to go; the first block is never needed. */
  readonly P: Vec;
  /** (N, nu, nu) lower Cholesky factors of H = R + B'PB. */
  readonly L: Vec;
  readonly scratch: LqrScratch;
  /** (nx), (nx), (nu), and (N, nu) feedforward. */
  readonly p: Vec;
  readonly v: Vec;
  readonly s: Vec;
  readonly feed: Vec;
};

/** Linear terms of a problem: offsets b (N, nx) of the dynamics, x0 (nx), gradients q (N + 1, nx), r (N, nu). */
export type LqrLinear = { readonly b: Vec; readonly x0: Vec; readonly q: Vec; readonly r: Vec };

/** Allocates the factors for the sizes. */
export function createLqrFactors(N: number, nx: number, nu: number): LqrFactors {
  return {
    K: new Float64Array(N * nu * nx),
    P: new Float64Array((N + 1) * nx * nx),
    L: new Float64Array(N * nu * nu),
    scratch: createLqrScratch(nx, nu),
    p: new Float64Array(nx),
    v: new Float64Array(nx),
    s: new Float64Array(nu),
    feed: new Float64Array(N * nu),
  };
}

/** Runs the recursion of {@link lqrGains} and keeps what it makes. @returns false where it is not convex */
export function factorLqr(problem: LqrProblem, f: LqrFactors): boolean {
  const { N, nx, nu, Q } = problem;
  const { scratch } = f;
  copyBlock(Q, N * nx * nx, scratch.P);
  for (let k = N - 1; k >= 0; k--) {
    f.P.set(scratch.P, (k + 1) * nx * nx);
    lqrExpand(problem, k, scratch);
    if (!lqrClose(problem, k, f.K, scratch)) return false;
    f.L.set(scratch.H, k * nu * nu);
  }
  return true;
}

/**
 * Solves a factored problem with linear terms,
 *
 *     min sum 1/2 [x;u]'[Q M'; M R][x;u] + q'x + r'u   s.t.  x_{k+1} = A x_k + B u_k + b_k,
 *
 * by `s = r + B'(p + P b)`, `feed = -H^{-1} s`, `p <- q + A'(p + P b) + K's` backwards and `u = K x + feed` forwards.
 *
 * @param X (N + 1, nx), written
 * @param U (N, nu), written
 */
export function solveLqr(
  { N, nx, nu, A, B }: LqrProblem,
  f: LqrFactors,
  { b, x0, q, r }: LqrLinear,
  X: Vec,
  U: Vec,
): void {
  const { K, P, L, p, v, s, feed } = f;
  copyBlock(q, N * nx, p);
  for (let k = N - 1; k >= 0; k--) {
    v.set(p);
    addTransposed(P, (k + 1) * nx * nx, b, k * nx, nx, nx, 1, v, 0); // P is symmetric
    copyBlock(r, k * nu, s);
    addTransposed(B, k * nx * nu, v, 0, nu, nx, 1, s, 0);
    copyBlock(q, k * nx, p);
    addTransposed(A, k * nx * nx, v, 0, nx, nx, 1, p, 0);
    addTransposed(K, k * nu * nx, s, 0, nx, nu, 1, p, 0);
    solveNegative(L, k * nu * nu, nu, s, feed, k * nu);
  }
  for (let i = 0; i < nx; i++) X[i] = x0[i];
  for (let k = 0; k < N; k++) {
    for (let i = 0; i < nu; i++) {
      let u = feed[k * nu + i];
      for (let j = 0; j < nx; j++) u += K[(k * nu + i) * nx + j] * X[k * nx + j];
      U[k * nu + i] = u;
    }
    for (let i = 0; i < nx; i++) {
      let x = b[k * nx + i];
      for (let j = 0; j < nx; j++) x += A[(k * nx + i) * nx + j] * X[k * nx + j];
      for (let j = 0; j < nu; j++) x += B[(k * nx + i) * nu + j] * U[k * nu + j];
      X[(k + 1) * nx + i] = x;
    }
  }
}

/** out = -(L L')^{-1} s, for a factor from position `at` on and an out from position `o` on. */
export function solveNegative(L: Vec, at: number, n: number, s: Vec, out: Vec, o: number): void {
  for (let i = 0; i < n; i++) {
    let v = -s[i];
    for (let l = 0; l < i; l++) v -= L[at + i * n + l] * out[o + l];
    out[o + i] = v / L[at + i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    let v = out[o + i];
    for (let l = i + 1; l < n; l++) v -= L[at + l * n + i] * out[o + l];
    out[o + i] = v / L[at + i * n + i];
  }
}
