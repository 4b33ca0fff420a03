import { addSymmetric, addTransposed, copyBlock, multiply } from "./products.ts";
import { isPositiveDefinite } from "./symmetric.ts";

type Vec = Float64Array;

/** Data of a time-varying LQR problem; M (cross term) may be left out. */
export type LqrProblem = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  /** (N, nx, nx) */ readonly A: Vec;
  /** (N, nx, nu) */ readonly B: Vec;
  /** (N + 1, nx, nx) symmetric */ readonly Q: Vec;
  /** (N, nu, nu) symmetric */ readonly R: Vec;
  /** (N, nu, nx) */ readonly M?: Vec;
};

/** Scratch of {@link lqrGains}. */
export type LqrScratch = {
  readonly P: Vec;
  readonly PA: Vec;
  readonly PB: Vec;
  readonly H: Vec;
  readonly G: Vec;
};

/** Allocates the scratch for the sizes. */
export function createLqrScratch(nx: number, nu: number): LqrScratch {
  return {
    P: new Float64Array(nx * nx),
    PA: new Float64Array(nx * nx),
    PB: new Float64Array(nx * nu),
    H: new Float64Array(nu * nu),
    G: new Float64Array(nu * nx),
  };
}

/**
 * Gains of the time-varying linear quadratic regulator, by the Riccati recursion
 *
 *     H = R + B'PB,  G = M + B'PA,  K = -H^{-1} G,  P <- Q + A'PA + G'K,
 *
 * so that `du = K dx` minimises the quadratic cost to go.
 *
 * @param K (N, nu, nx), written
 * @returns false where H is not positive definite or K not finite at some stage (K is then zero from
 * there back)
 */
export function lqrGains(problem: LqrProblem, K: Vec, scratch: LqrScratch): boolean {
  const { N, nx, nu, Q } = problem;
  copyBlock(Q, N * nx * nx, scratch.P);
  for (let k = N - 1; k >= 0; k--) {
    lqrExpand(problem, k, scratch);
    if (lqrClose(problem, k, K, scratch)) continue;
    K.fill(0, 0, (k + 1) * nu * nx);
    return false;
  }
  return true;
}

/** The first half of a stage of {@link lqrGains}: H and G of stage k, from the P of the next in the scratch. */
export function lqrExpand({ nx, nu, A, B, R, M }: LqrProblem, k: number, scratch: LqrScratch): void {
  const { P, PA, PB, H, G } = scratch;
  const a = k * nx * nx;
  const b = k * nx * nu;
  multiply(P, A, a, nx, nx, nx, PA);
  multiply(P, B, b, nx, nx, nu, PB);
  copyBlock(R, k * nu * nu, H);
  addSymmetric(B, b, PB, 0, nu, nx, H);
  if (M === undefined) G.fill(0);
  else copyBlock(M, b, G);
  addTransposed(B, b, PA, 0, nu, nx, nx, G, 0);
}

/**
 * The second half: factors H, writes K of stage k and takes P one stage back.
 *
 * @returns false, with P as it was, where H is not positive definite or K not finite
 */
export function lqrClose({ nx, nu, A, Q }: LqrProblem, k: number, K: Vec, scratch: LqrScratch): boolean {
  const { P, PA, H, G } = scratch;
  const b = k * nx * nu;
  if (!isPositiveDefinite(H, nu, 0, H) || !solveGain(nx, nu, H, G, K, b)) return false;
  copyBlock(Q, k * nx * nx, P);
  addSymmetric(A, k * nx * nx, PA, 0, nx, nx, P);
  addSymmetric(G, 0, K, b, nx, nu, P);
  return true;
}

/** K block = -(L L')^{-1} G with L the lower Cholesky factor. @returns whether it is finite */
function solveGain(nx: number, nu: number, L: Vec, G: Vec, K: Vec, offset: number): boolean {
  let finite = 0;
  for (let j = 0; j < nx; j++) {
    for (let i = 0; i < nu; i++) {
      let s = -G[i * nx + j];
      for (let l = 0; l < i; l++) s -= L[i * nu + l] * K[offset + l * nx + j];
      K[offset + i * nx + j] = s / L[i * nu + i];
    }
    for (let i = nu - 1; i >= 0; i--) {
      let s = K[offset + i * nx + j];
      for (let l = i + 1; l < nu; l++) s -= L[l * nu + i] * K[offset + l * nx + j];
      K[offset + i * nx + j] = s / L[i * nu + i];
      finite += 0 * K[offset + i * nx + j];
    }
  }
  return finite === 0;
}
