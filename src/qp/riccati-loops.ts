import { addSymmetric, addTransposed, copyBlock, multiply } from "../linalg/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/** Sizes and scratch of the loops. */
type Loops = {
  readonly nx: number;
  readonly nu: number;
  readonly P: Vec;
  readonly PA: Vec;
  readonly PB: Vec;
  readonly H: Vec;
  readonly v: Vec;
  readonly w: Vec;
};

/** Kernels in plain loops: any size, no code generation. */
export function createLoopKernels(nx: number, nu: number): RiccatiKernels {
  const s: Loops = {
    nx,
    nu,
    P: new Float64Array(nx * nx),
    PA: new Float64Array(nx * nx),
    PB: new Float64Array(nx * nu),
    H: new Float64Array(nu * nu),
    v: new Float64Array(nx),
    w: new Float64Array(Math.max(nx, nu)),
  };
  return {
    kind: "loops",
    factor: (N, A, B, Q, R, M, dR, Y, L, Linv) => factor(s, N, A, B, Q, R, M, dR, Y, L, Linv),
    solve(N, A, B, q, r, Y, L, Linv, z, X, U) {
      solveBackward(s, N, A, B, q, r, Y, L, Linv, z);
      solveForward(s, N, A, B, Y, L, Linv, z, X, U);
    },
    gradient: (N, Q, R, M, q, r, X, U, gx, gu) => gradient(s, N, Q, R, M, q, r, X, U, gx, gu),
    adjoint: (N, A, B, gx, gu, ru) => adjoint(s, N, A, B, gx, gu, ru),
    rollout(N, A, B, U, X) {
      X.fill(0, 0, nx);
      for (let k = 0; k < N; k++) step(s, A, B, U, k, X);
    },
  };
}

function factor(
  s: Loops,
  N: number,
  A: Vec,
  B: Vec,
  Q: Vec,
  R: Vec,
  M: Vec,
  dR: Vec,
  Y: Vec,
  L: Vec,
  Linv: Vec,
): boolean {
  const { nx, nu, P, PA, PB, H } = s;
  copyBlock(Q, N * nx * nx, P);
  for (let i = 0; i < nx; i++) for (let j = 0; j < i; j++) P[j * nx + i] = P[i * nx + j];
  for (let k = N - 1; k >= 0; k--) {
    const ao = k * nx * nx;
    const bo = k * nx * nu;
    multiply(P, A, ao, nx, nx, nx, PA);
    multiply(P, B, bo, nx, nx, nu, PB);
    copyBlock(R, k * nu * nu, H);
    addSymmetric(B, bo, PB, 0, nu, nx, H);
    for (let i = 0; i < nu; i++) H[i * nu + i] += dR[k * nu + i];
    for (let i = bo; i < bo + nu * nx; i++) Y[i] = M[i];
    addTransposed(B, bo, PA, 0, nu, nx, nx, Y, bo);
    if (!factorStage(s, k, Y, L, Linv)) return false;
    if (k === 0) break;
    copyBlock(Q, ao, P);
    addSymmetric(A, ao, PA, 0, nx, nx, P);
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j <= i; j++) {
        let p = P[i * nx + j];
        for (let l = 0; l < nu; l++) p -= Y[bo + l * nx + i] * Y[bo + l * nx + j];
        P[i * nx + j] = p;
        P[j * nx + i] = p;
      }
    }
  }
  return true;
}

/** Factorizes H = L L' of stage k and solves Y <- L^-1 Y; false where H is not positive definite. */
function factorStage({ nx, nu, H }: Loops, k: number, Y: Vec, L: Vec, Linv: Vec): boolean {
  const yo = k * nu * nx;
  const lo = k * nu * nu;
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < i; j++) {
      let h = H[i * nu + j];
      for (let l = 0; l < j; l++) h -= L[lo + i * nu + l] * L[lo + j * nu + l];
      L[lo + i * nu + j] = h * Linv[k * nu + j];
    }
    let h = H[i * nu + i];
    for (let l = 0; l < i; l++) h -= L[lo + i * nu + l] * L[lo + i * nu + l];
    if (!(h > 0 && h < Infinity)) return false;
    const inverse = 1 / Math.sqrt(h);
    Linv[k * nu + i] = inverse;
    for (let j = 0; j < nx; j++) {
      let y = Y[yo + i * nx + j];
      for (let l = 0; l < i; l++) y -= L[lo + i * nu + l] * Y[yo + l * nx + j];
      Y[yo + i * nx + j] = y * inverse;
    }
  }
  return true;
}

/** z_k = L^-1 (r_k + B'v) with v = q_N, then v <- q_k + A'v - Y'z_k. */
function solveBackward(
  s: Loops,
  N: number,
  A: Vec,
  B: Vec,
  q: Vec,
  r: Vec,
  Y: Vec,
  L: Vec,
  Linv: Vec,
  z: Vec,
): void {
  const { nx, nu, v, w } = s;
  copyBlock(q, N * nx, v);
  for (let k = N - 1; k >= 0; k--) {
    const ao = k * nx * nx;
    const bo = k * nx * nu;
    const lo = k * nu * nu;
    for (let i = 0; i < nu; i++) {
      let sum = r[k * nu + i];
      for (let l = 0; l < nx; l++) sum += B[bo + l * nu + i] * v[l];
      for (let l = 0; l < i; l++) sum -= L[lo + i * nu + l] * z[k * nu + l];
      z[k * nu + i] = sum * Linv[k * nu + i];
    }
    if (k === 0) break;
    for (let i = 0; i < nx; i++) {
      let sum = q[k * nx + i];
      for (let l = 0; l < nx; l++) sum += A[ao + l * nx + i] * v[l];
      for (let l = 0; l < nu; l++) sum -= Y[bo + l * nx + i] * z[k * nu + l];
      w[i] = sum;
    }
    for (let i = 0; i < nx; i++) v[i] = w[i];
  }
}

/** u_k = -L'^-1 (z_k + Y x_k), x_{k+1} = A x_k + B u_k. */
function solveForward(
  s: Loops,
  N: number,
  A: Vec,
  B: Vec,
  Y: Vec,
  L: Vec,
  Linv: Vec,
  z: Vec,
  X: Vec,
  U: Vec,
): void {
  const { nx, nu } = s;
  X.fill(0, 0, nx);
  for (let k = 0; k < N; k++) {
    const yo = k * nu * nx;
    const lo = k * nu * nu;
    for (let i = nu - 1; i >= 0; i--) {
      let sum = -z[k * nu + i];
      for (let l = 0; l < nx; l++) sum -= Y[yo + i * nx + l] * X[k * nx + l];
      for (let l = i + 1; l < nu; l++) sum -= L[lo + l * nu + i] * U[k * nu + l];
      U[k * nu + i] = sum * Linv[k * nu + i];
    }
    step(s, A, B, U, k, X);
  }
}

/** x_{k+1} = A x_k + B u_k. */
function step({ nx, nu }: Loops, A: Vec, B: Vec, U: Vec, k: number, X: Vec): void {
  for (let i = k * nx; i < (k + 1) * nx; i++) {
    let sum = 0;
    for (let j = 0; j < nx; j++) sum += A[i * nx + j] * X[k * nx + j];
    for (let j = 0; j < nu; j++) sum += B[i * nu + j] * U[k * nu + j];
    X[nx + i] = sum;
  }
}

function gradient(
  { nx, nu }: Loops,
  N: number,
  Q: Vec,
  R: Vec,
  M: Vec,
  q: Vec,
  r: Vec,
  X: Vec,
  U: Vec,
  gx: Vec,
  gu: Vec,
): void {
  gx.fill(0, 0, nx);
  for (let k = 0; k < N; k++) {
    for (let at = k * nu; at < (k + 1) * nu; at++) {
      let g = r[at];
      for (let j = 0; j < nu; j++) g += R[at * nu + j] * U[k * nu + j];
      for (let j = 0; j < nx; j++) g += M[at * nx + j] * X[k * nx + j];
      gu[at] = g;
    }
  }
  for (let k = 1; k <= N; k++) {
    for (let i = 0; i < nx; i++) {
      const at = k * nx + i;
      let g = q[at];
      for (let j = 0; j < nx; j++) g += Q[at * nx + j] * X[k * nx + j];
      if (k < N) for (let j = 0; j < nu; j++) g += M[(k * nu + j) * nx + i] * U[k * nu + j];
      gx[at] = g;
    }
  }
}

function adjoint(s: Loops, N: number, A: Vec, B: Vec, gx: Vec, gu: Vec, ru: Vec): void {
  const { nx, nu, v, w } = s;
  copyBlock(gx, N * nx, v);
  ru.set(gu);
  for (let k = N - 1; k >= 0; k--) {
    addTransposed(B, k * nx * nu, v, 0, nu, nx, 1, ru, k * nu);
    for (let i = 0; i < nx; i++) w[i] = gx[k * nx + i];
    addTransposed(A, k * nx * nx, v, 0, nx, nx, 1, w, 0);
    for (let i = 0; i < nx; i++) v[i] = w[i];
  }
}
