import { createRng, type Rng } from "../../src/base/index.ts";
import { blocks, type Ocp } from "../../src/ocp/index.ts";
import { gaussian, positiveDefinite, solveDense } from "./dense.ts";

type Vec = Float64Array;

/** A random time-varying linear quadratic problem and its data, stage by stage. */
export type LqData = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly A: Vec;
  readonly B: Vec;
  readonly b: Vec;
  readonly Q: Vec;
  readonly R: Vec;
  readonly M: Vec;
  readonly q: Vec;
  readonly r: Vec;
};

/** Convex data with cross terms, offsets and mildly unstable dynamics. */
export function randomLq(seed: number, N: number, nx: number, nu: number): LqData {
  const rng = createRng(seed);
  const stack = (count: number, make: (rng: Rng) => Vec): Vec => {
    const parts = Array.from({ length: count }, () => make(rng));
    return Float64Array.from(parts.flatMap((p) => Array.from(p)));
  };
  const Q = new Float64Array((N + 1) * nx * nx);
  const R = new Float64Array(N * nu * nu);
  const M = new Float64Array(N * nu * nx);
  const n = nx + nu;
  for (let k = 0; k <= N; k++) {
    const J = positiveDefinite(rng, n, 0.1);
    for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[(k * nx + i) * nx + j] = J[i * n + j];
    if (k === N) break;
    for (let i = 0; i < nu; i++) {
      for (let j = 0; j < nu; j++) R[(k * nu + i) * nu + j] = J[(nx + i) * n + nx + j];
      for (let j = 0; j < nx; j++) M[(k * nu + i) * nx + j] = J[(nx + i) * n + j];
    }
  }
  return {
    N,
    nx,
    nu,
    A: stack(N, (r) => gaussian(r, nx, nx).map((v) => v / Math.sqrt(nx))),
    B: stack(N, (r) => gaussian(r, nx, nu)),
    b: stack(N, (r) => gaussian(r, nx, 1)),
    Q,
    R,
    M,
    q: stack(N + 1, (r) => gaussian(r, nx, 1)),
    r: stack(N, (r) => gaussian(r, nu, 1)),
  };
}

const product = (H: Vec, a: Vec, b: Vec): number => {
  let s = 0;
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) s += a[i] * H[i * b.length + j] * b[j];
  return s;
};

const addProduct = (H: Vec, rows: number, cols: number, z: Vec, out: Vec): void => {
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[i] += H[i * cols + j] * z[j];
};

/** The data as a problem with exact derivatives and the given control bounds (none by default). */
export function lqOcp(d: LqData, bound = Number.POSITIVE_INFINITY): Ocp {
  const { N, nx, nu } = d;
  const A = blocks(d.A, nx * nx);
  const B = blocks(d.B, nx * nu);
  const b = blocks(d.b, nx);
  const Q = blocks(d.Q, nx * nx);
  const R = blocks(d.R, nu * nu);
  const M = blocks(d.M, nu * nx);
  const q = blocks(d.q, nx);
  const r = blocks(d.r, nu);
  const dot = (a: Vec, z: Vec): number => a.reduce((s, v, i) => s + v * z[i], 0);
  return {
    N,
    dynamics: {
      nx,
      nu,
      step(x, u, k, out) {
        const next = b[k].slice();
        addProduct(A[k], nx, nx, x, next);
        addProduct(B[k], nx, nu, u, next);
        out.set(next);
      },
      jacobian(_x, _u, k, Ak, Bk) {
        Ak.set(A[k]);
        Bk.set(B[k]);
      },
      hessian() {},
    },
    stageCost: (x, u, k) =>
      0.5 * product(Q[k], x, x) +
      0.5 * product(R[k], u, u) +
      product(M[k], u, x) +
      dot(q[k], x) +
      dot(r[k], u),
    stageGradient(x, u, k, gx, gu) {
      gx.set(q[k]);
      gu.set(r[k]);
      addProduct(Q[k], nx, nx, x, gx);
      addProduct(R[k], nu, nu, u, gu);
      addProduct(M[k], nu, nx, x, gu);
      for (let i = 0; i < nu; i++) for (let j = 0; j < nx; j++) gx[j] += M[k][i * nx + j] * u[i];
    },
    stageHessian(_x, _u, k, Qk, Rk, Mk) {
      Qk.set(Q[k]);
      Rk.set(R[k]);
      Mk.set(M[k]);
    },
    terminalCost: (x) => 0.5 * product(Q[N], x, x) + dot(q[N], x),
    terminalGradient(x, gx) {
      gx.set(q[N]);
      addProduct(Q[N], nx, nx, x, gx);
    },
    terminalHessian(_x, QN) {
      QN.set(Q[N]);
    },
    uLower: new Float64Array(nu).fill(-bound),
    uUpper: new Float64Array(nu).fill(bound),
  };
}

/**
 * The dense KKT system of the problem without bounds, over z = (x_1..x_N, u_0..u_{N-1}) and the
 * multipliers of the dynamics, solved as one linear system.
 */
export function denseKkt(d: LqData, x0: Vec): { X: Vec; U: Vec } {
  const { N, nx, nu } = d;
  const nX = N * nx;
  const nU = N * nu;
  const n = nX + nU + nX;
  const K = new Float64Array(n * n);
  const rhs = new Float64Array(n);
  const xi = (k: number, i: number): number => (k - 1) * nx + i;
  const ui = (k: number, i: number): number => nX + k * nu + i;
  const li = (k: number, i: number): number => nX + nU + k * nx + i;
  const both = (i: number, j: number, v: number): void => {
    K[i * n + j] = v;
    K[j * n + i] = v;
  };
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx && k > 0; i++) {
      rhs[xi(k, i)] = -d.q[k * nx + i];
      for (let j = 0; j < nx; j++) K[xi(k, i) * n + xi(k, j)] = d.Q[(k * nx + i) * nx + j];
    }
    if (k === N) break;
    for (let i = 0; i < nu; i++) {
      rhs[ui(k, i)] = -d.r[k * nu + i];
      for (let j = 0; j < nu; j++) K[ui(k, i) * n + ui(k, j)] = d.R[(k * nu + i) * nu + j];
      for (let j = 0; j < nx; j++) {
        const m = d.M[(k * nu + i) * nx + j];
        if (k > 0) both(ui(k, i), xi(k, j), m);
        else rhs[ui(k, i)] -= m * x0[j];
      }
    }
    for (let i = 0; i < nx; i++) {
      both(li(k, i), xi(k + 1, i), -1);
      rhs[li(k, i)] = -d.b[k * nx + i];
      for (let j = 0; j < nx; j++) {
        const a = d.A[(k * nx + i) * nx + j];
        if (k > 0) both(li(k, i), xi(k, j), a);
        else rhs[li(k, i)] -= a * x0[j];
      }
      for (let j = 0; j < nu; j++) both(li(k, i), ui(k, j), d.B[(k * nx + i) * nu + j]);
    }
  }
  const z = solveDense(K, rhs);
  return { X: Float64Array.from([...x0, ...z.slice(0, nX)]), U: z.slice(nX, nX + nU) };
}
