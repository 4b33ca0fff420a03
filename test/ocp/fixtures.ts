import type { Ocp } from "../../src/ocp/index.ts";

/** A nonlinear, stage-dependent problem (nx 2, nu 2, two rows) with every derivative written by hand. */
export function handWritten(): Ocp {
  return {
    N: 6,
    dynamics: {
      nx: 2,
      nu: 2,
      step(x, u, k, out) {
        const [a, b] = x;
        out[0] = Math.sin(a) * u[0] + b * b + 0.1 * k;
        out[1] = a * b * u[1] + u[0] * u[1];
      },
      jacobian(x, u, _k, A, B) {
        const [a, b] = x;
        A.set([Math.cos(a) * u[0], 2 * b, b * u[1], a * u[1]]);
        B.set([Math.sin(a), 0, u[1], a * b + u[0]]);
      },
      hessian(x, u, _k, p, H) {
        const [a, b] = x;
        const add = (i: number, j: number, v: number): void => {
          H[i * 4 + j] += v;
          if (i !== j) H[j * 4 + i] += v;
        };
        add(0, 0, -p[0] * Math.sin(a) * u[0]);
        add(0, 1, p[1] * u[1]);
        add(1, 1, 2 * p[0]);
        add(0, 2, p[0] * Math.cos(a));
        add(0, 3, p[1] * b);
        add(1, 3, p[1] * a);
        add(2, 3, p[1]);
      },
    },
    stageCost: (x, u, k) => (k + 1) * Math.exp(0.3 * x[0]) * u[0] + x[1] ** 3 * u[1] + u[0] ** 2 * u[1] ** 2,
    stageGradient(x, u, k, q, r) {
      const e = (k + 1) * Math.exp(0.3 * x[0]);
      q[0] = 0.3 * e * u[0];
      q[1] = 3 * x[1] ** 2 * u[1];
      r[0] = e + 2 * u[0] * u[1] ** 2;
      r[1] = x[1] ** 3 + 2 * u[0] ** 2 * u[1];
    },
    stageHessian(x, u, k, Q, R, M) {
      const e = (k + 1) * Math.exp(0.3 * x[0]);
      Q.set([0.09 * e * u[0], 0, 0, 6 * x[1] * u[1]]);
      R.set([2 * u[1] ** 2, 4 * u[0] * u[1], 4 * u[0] * u[1], 2 * u[0] ** 2]);
      M.set([0.3 * e, 0, 0, 3 * x[1] ** 2]);
    },
    terminalCost: (x) => x[0] ** 2 * x[1] + Math.cos(x[1]),
    terminalGradient(x, q) {
      q[0] = 2 * x[0] * x[1];
      q[1] = x[0] ** 2 - Math.sin(x[1]);
    },
    terminalHessian(x, Q) {
      Q.set([2 * x[1], 2 * x[0], 2 * x[0], -Math.cos(x[1])]);
    },
    uLower: Float64Array.of(-1, Number.NEGATIVE_INFINITY),
    uUpper: Float64Array.of(2, Number.POSITIVE_INFINITY),
    rows: [
      {
        count: 2,
        value(x, k, out) {
          out[0] = x[0] ** 2 + x[1] - k;
          out[1] = Math.sin(x[0] * x[1]);
        },
        jacobian(x, _k, C) {
          const c = Math.cos(x[0] * x[1]);
          C.set([2 * x[0], 1, x[1] * c, x[0] * c]);
        },
        hessian(x, _k, p, H) {
          const s = Math.sin(x[0] * x[1]);
          const c = Math.cos(x[0] * x[1]);
          H[0] += 2 * p[0] - p[1] * x[1] ** 2 * s;
          H[1] += p[1] * (c - x[0] * x[1] * s);
          H[2] += p[1] * (c - x[0] * x[1] * s);
          H[3] -= p[1] * x[0] ** 2 * s;
        },
      },
    ],
  };
}

/** Largest |a - b| / (1 + |b|); infinite where the lengths differ or a number is NaN. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const e = Math.abs(a[i] - b[i]) / (1 + Math.abs(b[i]));
    if (!(e <= worst)) worst = Number.isNaN(e) ? Number.POSITIVE_INFINITY : e;
  }
  return worst;
}
