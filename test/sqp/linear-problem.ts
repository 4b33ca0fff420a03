import type { Rng } from "../../src/base/index.ts";
import type { Ocp } from "../../src/ocp/index.ts";

type Vec = Float64Array;

/** A linear problem with a quadratic cost, and the arrays it is made of. */
export type LinearProblem = {
  readonly ocp: Ocp;
  readonly A: Vec;
  readonly B: Vec;
  readonly Q: Vec;
  readonly R: Vec;
};

/**
 * x' = A x + B u, stage 1/2 x'Qx + 1/2 u'Ru, terminal 1/2 x'Q x times 5; no bounds, no rows.
 *
 * @param change parts of the problem to replace
 */
export function linearProblem(rng: Rng, nx = 3, nu = 2, N = 20, change: Partial<Ocp> = {}): LinearProblem {
  const A = new Float64Array(nx * nx).map((_, i) => (i % (nx + 1) === 0 ? 1 : 0.15 * rng.gauss()));
  const B = new Float64Array(nx * nu).map(() => 0.5 * rng.gauss());
  const Q = spd(nx, rng);
  const R = spd(nu, rng);
  const quadratic = (H: Vec, z: Vec): number => 0.5 * z.reduce((s, v, i) => s + v * row(H, z, i), 0);
  const row = (H: Vec, z: Vec, i: number): number => z.reduce((s, v, j) => s + H[i * z.length + j] * v, 0);
  const ocp: Ocp = {
    N,
    dynamics: {
      nx,
      nu,
      step(x, u, _k, out) {
        for (let i = 0; i < nx; i++) {
          let s = 0;
          for (let j = 0; j < nx; j++) s += A[i * nx + j] * x[j];
          for (let j = 0; j < nu; j++) s += B[i * nu + j] * u[j];
          out[i] = s;
        }
      },
      jacobian(_x, _u, _k, outA, outB) {
        outA.set(A);
        outB.set(B);
      },
    },
    stageCost: (x, u) => quadratic(Q, x) + quadratic(R, u),
    stageGradient(x, u, _k, q, r) {
      for (let i = 0; i < nx; i++) q[i] = row(Q, x, i);
      for (let i = 0; i < nu; i++) r[i] = row(R, u, i);
    },
    stageHessian(_x, _u, _k, outQ, outR, M) {
      outQ.set(Q);
      outR.set(R);
      M.fill(0);
    },
    terminalCost: (x) => 5 * quadratic(Q, x),
    terminalGradient(x, q) {
      for (let i = 0; i < nx; i++) q[i] = 5 * row(Q, x, i);
    },
    terminalHessian(_x, out) {
      for (let i = 0; i < nx * nx; i++) out[i] = 5 * Q[i];
    },
    uLower: new Float64Array(nu).fill(-Infinity),
    uUpper: new Float64Array(nu).fill(Infinity),
    ...change,
  };
  return { ocp, A, B, Q, R };
}

/** L L' + I with L random. */
function spd(n: number, rng: Rng): Vec {
  const L = new Float64Array(n * n).map(() => rng.gauss());
  const H = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let l = 0; l < n; l++) H[i * n + j] += L[i * n + l] * L[j * n + l];
      if (i === j) H[i * n + j] += 1;
    }
  }
  return H;
}

/** Components of the state bounded from below by rows `x_i - lower >= 0`, k = 1..N. */
export function lowerRows(
  index: number,
  lower: number,
  soft?: { linear: number; quadratic: number },
): Ocp["rows"] {
  return [
    {
      count: 1,
      value(x, _k, out) {
        out[0] = x[index] - lower;
      },
      jacobian(_x, _k, C) {
        C.fill(0);
        C[index] = 1;
      },
      soft,
    },
  ];
}

/** A point mass on a line, x = (position, speed), u = force: dt 0.1, N 20, cost u^2 and 10 (position - goal)^2 at the end. */
export function pointMass(change: Partial<Ocp> = {}, goal = 1): Ocp {
  const dt = 0.1;
  return {
    N: 20,
    dynamics: {
      nx: 2,
      nu: 1,
      step(x, u, _k, out) {
        out[0] = x[0] + dt * x[1];
        out[1] = x[1] + dt * u[0];
      },
      jacobian(_x, _u, _k, A, B) {
        A.set([1, dt, 0, 1]);
        B.set([0, dt]);
      },
    },
    stageCost: (_x, u) => u[0] * u[0],
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      r[0] = 2 * u[0];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      Q.fill(0);
      M.fill(0);
      R[0] = 2;
    },
    terminalCost: (x) => 10 * (x[0] - goal) ** 2,
    terminalGradient(x, q) {
      q[0] = 20 * (x[0] - goal);
      q[1] = 0;
    },
    terminalHessian(_x, Q) {
      Q.set([20, 0, 0, 0]);
    },
    uLower: Float64Array.of(-1),
    uUpper: Float64Array.of(1),
    ...change,
  };
}
