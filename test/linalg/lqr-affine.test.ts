import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLqrFactors, createLqrScratch, factorLqr, lqrGains, solveLqr } from "../../src/linalg/index.ts";
import { gaussian, maxDifference, solveDense } from "../ilqr/dense.ts";
import { type LqData, randomLq } from "../ilqr/lq-problem.ts";

type Vec = Float64Array;
type Linear = { b: Vec; x0: Vec; q: Vec; r: Vec };

/** X and U of the KKT system, with a multiplier for every equation of the states. */
function denseSolution(d: LqData, { b, x0, q, r }: Linear): { X: Vec; U: Vec } {
  const { N, nx, nu } = d;
  const [states, controls] = [(N + 1) * nx, N * nu];
  const n = 2 * states + controls;
  const K = new Float64Array(n * n);
  const rhs = new Float64Array(n);
  const set = (i: number, j: number, value: number): void => {
    K[i * n + j] = value;
    K[j * n + i] = value;
  };
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx; i++) {
      const [x, row] = [k * nx + i, states + controls + k * nx + i];
      for (let j = 0; j < nx; j++) K[x * n + k * nx + j] = d.Q[(k * nx + i) * nx + j];
      rhs[x] = -q[k * nx + i];
      set(row, x, 1);
      rhs[row] = k === 0 ? x0[i] : b[(k - 1) * nx + i];
      for (let j = 0; k > 0 && j < nx; j++) set(row, (k - 1) * nx + j, -d.A[((k - 1) * nx + i) * nx + j]);
      for (let j = 0; k > 0 && j < nu; j++)
        set(row, states + (k - 1) * nu + j, -d.B[((k - 1) * nx + i) * nu + j]);
    }
    for (let i = 0; k < N && i < nu; i++) {
      const u = states + k * nu + i;
      rhs[u] = -r[k * nu + i];
      for (let j = 0; j < nu; j++) K[u * n + states + k * nu + j] = d.R[(k * nu + i) * nu + j];
      for (let j = 0; j < nx; j++) set(u, k * nx + j, d.M[(k * nu + i) * nx + j]);
    }
  }
  const z = solveDense(K, rhs);
  return { X: z.slice(0, states), U: z.slice(states, states + controls) };
}

describe("a factored linear-quadratic problem", () => {
  it("has the dense KKT solution, for any linear terms, offsets and initial state", () => {
    for (const [N, nx, nu] of [
      [1, 1, 1],
      [4, 3, 2],
      [7, 2, 3],
    ]) {
      const rng = createRng(10 * N + nx);
      const d = randomLq(10 * N + nx, N, nx, nu);
      const factors = createLqrFactors(N, nx, nu);
      expect(factorLqr(d, factors)).toBe(true);
      for (let n = 0; n < 3; n++) {
        const linear = {
          b: gaussian(rng, N * nx, 1),
          x0: gaussian(rng, nx, 1),
          q: gaussian(rng, (N + 1) * nx, 1),
          r: gaussian(rng, N * nu, 1),
        };
        const [X, U] = [new Float64Array((N + 1) * nx), new Float64Array(N * nu)];
        solveLqr(d, factors, linear, X, U);
        const expected = denseSolution(d, linear);
        const size = Math.max(1, ...expected.X.map(Math.abs), ...expected.U.map(Math.abs));
        expect(maxDifference(X, expected.X)).toBeLessThan(1e-9 * size);
        expect(maxDifference(U, expected.U)).toBeLessThan(1e-9 * size);
      }
    }
  });

  it("has the gains of the regulator, and none where it is not convex", () => {
    const d = randomLq(3, 5, 3, 2);
    const [factors, K] = [createLqrFactors(5, 3, 2), new Float64Array(30)];
    factorLqr(d, factors);
    lqrGains(d, K, createLqrScratch(3, 2));
    expect(factors.K).toEqual(K);
    d.R.fill(-1e6);
    expect(factorLqr(d, factors)).toBe(false);
  });
});
