import type { Rng } from "../../src/base/index.ts";
import { type Ocp, type Rows, rowsOfGroup, type SoftPenalty, type Vec } from "../../src/ocp/index.ts";

/** Sizes and kinds of constraints of a {@link randomOcp}. */
export type RandomOcpOptions = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly rows: number;
  readonly box: number;
  /** Rows of state and control at stages 0..N - 1, and equalities of the state at the end. */
  readonly controlRows?: number;
  readonly terminal?: number;
  /** Of the rows with controls, how likely they are equalities. */
  readonly equal?: number;
  /** Penalties of rows, every other one where there are several, and of the state box; hard where missing. */
  readonly softRows?: SoftPenalty;
  readonly softBox?: SoftPenalty;
  /** Leaves out the second derivatives of dynamics and rows, which the solver then differences. */
  readonly differenced?: boolean;
};

/**
 * A random smooth problem with exact derivatives: x' = A x + B u + e sin(D x + E u), a quadratic stage cost
 * plus a wave w cos(a'x + b'u) that couples x and u and curves both ways, curved rows
 * h + a'z - g |z|^2 / 2 with z = x or (x, u), bounds on some controls and states; the first component of x is an
 * angle.
 */
export function randomOcp(rng: Rng, options: RandomOcpOptions): Ocp {
  const { N, nx, nu } = options;
  const n = nx + nu;
  const random = (length: number, scale: number): Vec =>
    Float64Array.from({ length }, () => scale * rng.gauss());
  const between = (low: number, high: number): number => low + (high - low) * rng.uniform();
  const A = random(nx * n, 0.15).map((v, i) => v + (i % (n + 1) === 0 ? 0.9 : 0)); // [A | B]
  const D = random(nx * n, between(0.5, 1.5)); // [D | E]
  const bend = random(nx, between(0, 2));
  const wave = random(n, 0.6);
  const height = between(-3, 3);
  const weights = Float64Array.from({ length: n }, (_, i) => (i < nx ? between(0.1, 1) : between(0.05, 0.5)));
  const goal = random(nx, 1);
  const row = (M: Vec, i: number, x: Vec, u: Vec): number => {
    let s = 0;
    for (let j = 0; j < nx; j++) s += M[i * n + j] * x[j];
    for (let j = 0; j < nu; j++) s += M[i * n + nx + j] * u[j];
    return s;
  };
  const square = (x: Vec): number => x.reduce((s, v, i) => s + 0.5 * weights[i] * (v - goal[i]) ** 2, 0);
  const bound = (sign: number): Vec =>
    Float64Array.from({ length: nu }, () => sign * (rng.uniform() < 0.3 ? Infinity : between(0.2, 1.5)));
  const { controlRows = 0, terminal = 0, equal = 0, softRows: soft, differenced = false } = options;
  const given = { soft, differenced };
  const groups: Rows[] = [
    ...(options.rows > 0 ? [curvedRows(rng, nx, 0, options.rows, given)] : []),
    ...(controlRows > 0
      ? [
          {
            ...curvedRows(rng, nx, nu, controlRows, given),
            kind: rng.uniform() < equal ? ("equality" as const) : undefined,
          },
        ]
      : []),
    ...(terminal > 0
      ? [
          {
            ...curvedRows(rng, nx, 0, terminal, given),
            kind: "equality" as const,
            stages: "terminal" as const,
          },
        ]
      : []),
  ];
  const bounded = Array.from({ length: options.box }, (_, j) => nx - 1 - j);
  const side = (sign: number): Vec =>
    Float64Array.from(bounded, () => sign * (rng.uniform() < 0.2 ? Infinity : between(0.5, 2)));
  return {
    N,
    angles: [0],
    uLower: bound(-1),
    uUpper: bound(1),
    dynamics: {
      nx,
      nu,
      step(x, u, _k, out) {
        for (let i = 0; i < nx; i++) out[i] = row(A, i, x, u) + bend[i] * Math.sin(row(D, i, x, u));
      },
      jacobian(x, u, _k, outA, outB) {
        for (let i = 0; i < nx; i++) {
          const c = bend[i] * Math.cos(row(D, i, x, u));
          for (let j = 0; j < nx; j++) outA[i * nx + j] = A[i * n + j] + c * D[i * n + j];
          for (let j = 0; j < nu; j++) outB[i * nu + j] = A[i * n + nx + j] + c * D[i * n + nx + j];
        }
      },
      hessian: options.differenced
        ? undefined
        : (x, u, _k, p, H) => {
            for (let l = 0; l < nx; l++) {
              const s = -p[l] * bend[l] * Math.sin(row(D, l, x, u));
              for (let i = 0; i < n; i++)
                for (let j = 0; j < n; j++) H[i * n + j] += s * D[l * n + i] * D[l * n + j];
            }
          },
    },
    stageCost: (x, u) =>
      square(x) +
      u.reduce((s, v, i) => s + 0.5 * weights[nx + i] * v * v, 0) +
      height * Math.cos(row(wave, 0, x, u)),
    stageGradient(x, u, _k, q, r) {
      const s = -height * Math.sin(row(wave, 0, x, u));
      for (let i = 0; i < nx; i++) q[i] = weights[i] * (x[i] - goal[i]) + s * wave[i];
      for (let i = 0; i < nu; i++) r[i] = weights[nx + i] * u[i] + s * wave[nx + i];
    },
    stageHessian(x, u, _k, Q, R, M) {
      const s = -height * Math.cos(row(wave, 0, x, u));
      const block = (i: number, j: number): number => s * wave[i] * wave[j] + (i === j ? weights[i] : 0);
      for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[i * nx + j] = block(i, j);
      for (let i = 0; i < nu; i++) for (let j = 0; j < nu; j++) R[i * nu + j] = block(nx + i, nx + j);
      for (let i = 0; i < nu; i++) for (let j = 0; j < nx; j++) M[i * nx + j] = block(nx + i, j);
    },
    terminalCost: (x) => 3 * square(x),
    terminalGradient(x, q) {
      for (let i = 0; i < nx; i++) q[i] = 3 * weights[i] * (x[i] - goal[i]);
    },
    terminalHessian(_x, Q) {
      Q.fill(0);
      for (let i = 0; i < nx; i++) Q[i * nx + i] = 3 * weights[i];
    },
    rows: groups.length > 0 ? groups : undefined,
    stateBox:
      options.box === 0
        ? undefined
        : { index: bounded, lower: side(-1), upper: side(1), soft: options.softBox },
  };
}

/** Rows h + a'z - g |z|^2 / 2 of the state, or with nu > 0 of state and control; every other one hard if several. */
function curvedRows(
  rng: Rng,
  nx: number,
  nu: number,
  count: number,
  { soft, differenced }: { soft: SoftPenalty | undefined; differenced: boolean },
): Rows {
  const n = nx + nu;
  const draw = (length: number, of: () => number): Vec => Float64Array.from({ length }, of);
  const slope = draw(count * n, () => rng.gauss());
  const height = draw(count, () => -0.3 + 1.8 * rng.uniform());
  const curve = draw(count, () => -0.3 + 0.9 * rng.uniform());
  const z = (x: Vec, u: Vec, i: number): number => (i < nx ? x[i] : u[i - nx]);
  return rowsOfGroup({
    count,
    controls: nu > 0,
    soft:
      count > 1 && soft !== undefined
        ? Array.from({ length: count }, (_, i) => (i % 2 === 0 ? soft : undefined))
        : soft,
    value(x, u, _k, out) {
      for (let c = 0; c < count; c++) {
        out[c] = height[c];
        for (let i = 0; i < n; i++)
          out[c] += slope[c * n + i] * z(x, u, i) - 0.5 * curve[c] * z(x, u, i) ** 2;
      }
    },
    jacobian(x, u, _k, C, D) {
      for (let c = 0; c < count; c++) {
        for (let i = 0; i < nx; i++) C[c * nx + i] = slope[c * n + i] - curve[c] * x[i];
        for (let i = 0; i < nu; i++) D[c * nu + i] = slope[c * n + nx + i] - curve[c] * u[i];
      }
    },
    hessian: differenced
      ? undefined
      : (_x, _u, _k, p, H) => {
          for (let c = 0; c < count; c++) for (let i = 0; i < n; i++) H[i * n + i] -= p[c] * curve[c];
        },
  });
}
