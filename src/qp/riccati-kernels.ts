import type { Vec } from "../ocp/index.ts";
import type { QpShape } from "./qp.ts";
import { createGeneratedKernels } from "./riccati-codegen.ts";
import { createRowKernels } from "./riccati-codegen-rows.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";

/** How the kernels of a solver are made. */
export type RiccatiKernelOptions = {
  /** "auto" generates code where sizes are moderate and the host allows it; "loops" never does. */
  readonly kernels?: "auto" | "loops";
};

/** Beyond nx^2 (nx + nu) of this (or nu of 4), straight-line code outgrows what the JIT compiles well. */
const STRAIGHT_LINE_LIMIT = 450;
/** Beyond this nx, inner products are too long to write out. */
const ROWS_LIMIT = 64;

/** The fastest kernels for a shape on this host; straight-line code (small sizes) uses its sparsity. */
export function createRiccatiKernels(
  { nx, nu, sparsity }: Pick<QpShape, "nx" | "nu" | "sparsity">,
  options: RiccatiKernelOptions = {},
): RiccatiKernels {
  let generated: RiccatiKernels | undefined;
  if (options.kernels !== "loops" && Math.max(nx, nu) <= ROWS_LIMIT) {
    const small = nx * nx * (nx + nu) <= STRAIGHT_LINE_LIMIT && nu <= 4;
    generated = small ? createGeneratedKernels(nx, nu, sparsity) : createRowKernels(nx, nu);
  }
  return generated ?? createLoopKernels(nx, nu);
}

/** Kernels in plain loops: any size, no code generation. */
export function createLoopKernels(nx: number, nu: number): RiccatiKernels {
  const P = new Float64Array(nx * nx);
  const PA = new Float64Array(nx * nx);
  const PB = new Float64Array(nx * nu);
  const H = new Float64Array(nu * nu);
  const v = new Float64Array(nx);
  const w = new Float64Array(Math.max(nx, nu));

  const factor: RiccatiKernels["factor"] = (N, A, B, Q, R, M, dR, Y, L, Linv) => {
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j <= i; j++) {
        P[i * nx + j] = Q[(N * nx + i) * nx + j];
        P[j * nx + i] = P[i * nx + j];
      }
    }
    for (let k = N - 1; k >= 0; k--) {
      const ao = k * nx * nx;
      const bo = k * nx * nu;
      const yo = k * nu * nx;
      const lo = k * nu * nu;
      multiply(P, nx, A, ao, nx, PA);
      multiply(P, nx, B, bo, nu, PB);
      for (let i = 0; i < nu; i++) {
        for (let j = 0; j <= i; j++) {
          let h = R[lo + i * nu + j];
          for (let l = 0; l < nx; l++) h += B[bo + l * nu + i] * PB[l * nu + j];
          H[i * nu + j] = h;
        }
        H[i * nu + i] += dR[k * nu + i];
        for (let j = 0; j < nx; j++) {
          let g = M[yo + i * nx + j];
          for (let l = 0; l < nx; l++) g += B[bo + l * nu + i] * PA[l * nx + j];
          Y[yo + i * nx + j] = g;
        }
      }
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
      if (k === 0) break;
      for (let i = 0; i < nx; i++) {
        for (let j = 0; j <= i; j++) {
          let p = Q[ao + i * nx + j];
          for (let l = 0; l < nx; l++) p += A[ao + l * nx + i] * PA[l * nx + j];
          for (let l = 0; l < nu; l++) p -= Y[yo + l * nx + i] * Y[yo + l * nx + j];
          P[i * nx + j] = p;
          P[j * nx + i] = p;
        }
      }
    }
    return true;
  };

  const solve: RiccatiKernels["solve"] = (N, A, B, q, r, Y, L, Linv, z, X, U) => {
    for (let i = 0; i < nx; i++) v[i] = q[N * nx + i];
    for (let k = N - 1; k >= 0; k--) {
      const ao = k * nx * nx;
      const bo = k * nx * nu;
      const yo = k * nu * nx;
      const lo = k * nu * nu;
      for (let i = 0; i < nu; i++) {
        let s = r[k * nu + i];
        for (let l = 0; l < nx; l++) s += B[bo + l * nu + i] * v[l];
        for (let l = 0; l < i; l++) s -= L[lo + i * nu + l] * z[k * nu + l];
        z[k * nu + i] = s * Linv[k * nu + i];
      }
      if (k === 0) break;
      for (let i = 0; i < nx; i++) {
        let s = q[k * nx + i];
        for (let l = 0; l < nx; l++) s += A[ao + l * nx + i] * v[l];
        for (let l = 0; l < nu; l++) s -= Y[yo + l * nx + i] * z[k * nu + l];
        w[i] = s;
      }
      for (let i = 0; i < nx; i++) v[i] = w[i];
    }
    for (let i = 0; i < nx; i++) X[i] = 0;
    for (let k = 0; k < N; k++) {
      const yo = k * nu * nx;
      const lo = k * nu * nu;
      const xo = k * nx;
      for (let i = nu - 1; i >= 0; i--) {
        let s = -z[k * nu + i];
        for (let l = 0; l < nx; l++) s -= Y[yo + i * nx + l] * X[xo + l];
        for (let l = i + 1; l < nu; l++) s -= L[lo + l * nu + i] * U[k * nu + l];
        U[k * nu + i] = s * Linv[k * nu + i];
      }
      for (let i = 0; i < nx; i++) {
        let s = 0;
        for (let j = 0; j < nx; j++) s += A[(xo + i) * nx + j] * X[xo + j];
        for (let j = 0; j < nu; j++) s += B[(xo + i) * nu + j] * U[k * nu + j];
        X[xo + nx + i] = s;
      }
    }
  };

  const gradient: RiccatiKernels["gradient"] = (N, Q, R, M, q, r, X, U, gx, gu) => {
    for (let i = 0; i < nx; i++) gx[i] = 0;
    for (let k = 0; k < N; k++) {
      for (let i = 0; i < nu; i++) {
        const at = k * nu + i;
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
  };

  const adjoint: RiccatiKernels["adjoint"] = (N, A, B, gx, gu, ru) => {
    for (let i = 0; i < nx; i++) v[i] = gx[N * nx + i];
    for (let k = N - 1; k >= 0; k--) {
      for (let i = 0; i < nu; i++) {
        let g = gu[k * nu + i];
        for (let l = 0; l < nx; l++) g += B[(k * nx + l) * nu + i] * v[l];
        ru[k * nu + i] = g;
      }
      for (let i = 0; i < nx; i++) {
        let s = gx[k * nx + i];
        for (let l = 0; l < nx; l++) s += A[(k * nx + l) * nx + i] * v[l];
        w[i] = s;
      }
      for (let i = 0; i < nx; i++) v[i] = w[i];
    }
  };

  const rollout: RiccatiKernels["rollout"] = (N, A, B, U, X) => {
    for (let i = 0; i < nx; i++) X[i] = 0;
    for (let k = 0; k < N; k++) {
      for (let i = 0; i < nx; i++) {
        let s = 0;
        for (let j = 0; j < nx; j++) s += A[(k * nx + i) * nx + j] * X[k * nx + j];
        for (let j = 0; j < nu; j++) s += B[(k * nx + i) * nu + j] * U[k * nu + j];
        X[(k + 1) * nx + i] = s;
      }
    }
  };

  return { kind: "loops", factor, solve, gradient, adjoint, rollout };
}

/** out (n, m) = P (n, n) F with F (n, m) at an offset. */
function multiply(P: Vec, n: number, F: Vec, offset: number, m: number, out: Vec): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let s = 0;
      for (let l = 0; l < n; l++) s += P[i * n + l] * F[offset + l * m + j];
      out[i * m + j] = s;
    }
  }
}
