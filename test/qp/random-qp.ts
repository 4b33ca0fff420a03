import type { Rng } from "../../src/base/index.ts";
import { createQp, createQpShape, type Qp } from "../../src/qp/qp.ts";

export type RandomQpOptions = {
  readonly N?: number;
  readonly nx?: number;
  readonly nu?: number;
  readonly nc?: number;
  readonly nb?: number;
  /** Equalities of the state at the last stage, and rows with controls at every stage 0..N - 1. */
  readonly terminal?: number;
  readonly control?: number;
  /** Share of the rows with controls that are equalities, of all rows that are hard. */
  readonly equal?: number;
  readonly hard?: number;
  /** Scale of the cost (and of the penalties with it). */
  readonly cost?: number;
  /** Linear weight of rows and boxes relative to the cost. */
  readonly penalty?: number;
  /** Quadratic weight relative to the cost. */
  readonly quadratic?: number;
  /** Half width of the control bounds; Infinity for none. */
  readonly width?: number;
  /** Rank of the stage Hessians' state part, at most nx. */
  readonly rank?: number;
  /** Share of control bounds that coincide. */
  readonly pinned?: number;
};

/** A random convex QP with a cross term, rows and boxes of which some are active and some violated. */
export function randomQp(rng: Rng, options: RandomQpOptions = {}): Qp {
  const { N = 8, nx = 4, nu = 2, nc = 2, cost = 1, penalty = 10, quadratic = 1, width = 0.5 } = options;
  const {
    rank = nx,
    pinned = 0,
    nb = Math.min(2, nx),
    terminal = 0,
    control = 0,
    equal = 0,
    hard = 0,
  } = options;
  const boxIndex = Array.from({ length: nb }, (_, i) => nx - 1 - i);
  const rows = Array.from({ length: N + 1 }, (_, k) => [
    ...Array.from({ length: k > 0 ? nc : 0 }, () => ({ k })),
    ...Array.from({ length: k < N ? control : 0 }, () => ({
      k,
      controls: true,
      equality: rng.uniform() < equal,
    })),
    ...Array.from({ length: k === N ? terminal : 0 }, () => ({ k, equality: true })),
  ]).flat();
  const qp = createQp(createQpShape({ N, nx, nu, rows, boxIndex }));
  const gauss = (a: Float64Array, scale: number): void => {
    for (let i = 0; i < a.length; i++) a[i] = scale * rng.gauss();
  };
  for (let k = 0; k < N; k++) {
    gauss(qp.A.subarray(k * nx * nx, (k + 1) * nx * nx), 0.3 / Math.sqrt(nx));
    for (let i = 0; i < nx; i++) qp.A[(k * nx + i) * nx + i] = 0.9 + 0.2 * rng.gauss();
  }
  gauss(qp.B, 0.5);
  // Stage Hessian G'G of a (rank, nx + nu) factor, plus a positive R.
  const n = nx + nu;
  for (let k = 0; k <= N; k++) {
    const G = Float64Array.from({ length: rank * n }, () => Math.sqrt(cost) * rng.gauss());
    const H = (i: number, j: number): number => {
      let s = 0;
      for (let l = 0; l < rank; l++) s += G[l * n + i] * G[l * n + j];
      return s;
    };
    for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) qp.Q[(k * nx + i) * nx + j] = H(i, j);
    if (k === N) break;
    for (let i = 0; i < nu; i++) {
      for (let j = 0; j < nu; j++)
        qp.R[(k * nu + i) * nu + j] = H(nx + i, nx + j) + (i === j ? 0.1 * cost : 0);
      for (let j = 0; j < nx; j++) qp.M[(k * nu + i) * nx + j] = H(nx + i, j);
    }
  }
  gauss(qp.q, cost);
  gauss(qp.r, cost);
  for (let i = 0; i < N * nu; i++) {
    const middle = 0.3 * rng.gauss();
    qp.uLower[i] = middle - width * rng.uniform();
    qp.uUpper[i] = middle + width * rng.uniform();
    if (rng.uniform() < pinned) qp.uUpper[i] = qp.uLower[i];
    else if (rng.uniform() < 0.2) qp.uLower[i] = -Infinity;
  }
  for (let i = 0; i < (N + 1) * nb; i++) {
    qp.xLower[i] = -0.5 * rng.uniform();
    qp.xUpper[i] = rng.uniform() < 0.2 ? Infinity : 0.5 * rng.uniform();
  }
  gauss(qp.C, 1);
  for (let i = 0; i < qp.c.length; i++) qp.c[i] = 0.3 + 0.6 * rng.gauss();
  gauss(qp.D, 1);
  const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.weights;
  rowLinear.fill(penalty * cost);
  rowQuadratic.fill(quadratic * cost);
  boxLinear.fill(0.7 * penalty * cost);
  boxQuadratic.fill(2 * quadratic * cost);
  if (hard > 0) for (let i = 0; i < rowLinear.length; i++) if (rng.uniform() < hard) rowLinear[i] = Infinity;
  return qp;
}
