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
  const { N, nx, nu, A, B, Q, R, M } = problem;
  const { P, PA, PB, H, G } = scratch;
  for (let i = 0; i < nx * nx; i++) P[i] = Q[N * nx * nx + i];
  for (let k = N - 1; k >= 0; k--) {
    const a = k * nx * nx;
    const b = k * nx * nu;
    const g = k * nu * nx;
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < nx; j++) {
        let s = 0;
        for (let l = 0; l < nx; l++) s += P[i * nx + l] * A[a + l * nx + j];
        PA[i * nx + j] = s;
      }
      for (let j = 0; j < nu; j++) {
        let s = 0;
        for (let l = 0; l < nx; l++) s += P[i * nx + l] * B[b + l * nu + j];
        PB[i * nu + j] = s;
      }
    }
    for (let i = 0; i < nu; i++) {
      for (let j = 0; j <= i; j++) {
        let s = R[k * nu * nu + i * nu + j];
        for (let l = 0; l < nx; l++) s += B[b + l * nu + i] * PB[l * nu + j];
        for (let l = 0; l < j; l++) s -= H[i * nu + l] * H[j * nu + l];
        if (i === j) {
          if (!(s > 0)) {
            K.fill(0, 0, g + nu * nx);
            return false;
          }
          H[i * nu + i] = Math.sqrt(s);
        } else {
          H[i * nu + j] = s / H[j * nu + j];
        }
      }
      for (let j = 0; j < nx; j++) {
        let s = M === undefined ? 0 : M[g + i * nx + j];
        for (let l = 0; l < nx; l++) s += B[b + l * nu + i] * PA[l * nx + j];
        G[i * nx + j] = s;
      }
    }
    if (!solveGain(nx, nu, H, G, K, g)) {
      K.fill(0, 0, g + nu * nx);
      return false;
    }
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j <= i; j++) {
        let s = Q[a + i * nx + j];
        for (let l = 0; l < nx; l++) s += A[a + l * nx + i] * PA[l * nx + j];
        for (let l = 0; l < nu; l++) s += G[l * nx + i] * K[g + l * nx + j];
        P[i * nx + j] = s;
      }
    }
    for (let i = 0; i < nx; i++) for (let j = i + 1; j < nx; j++) P[i * nx + j] = P[j * nx + i];
  }
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
