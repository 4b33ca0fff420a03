import { expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLqrScratch, lqrClose, lqrExpand, lqrGains } from "../../src/linalg/index.ts";
import { createRiccatiGains, createRiccatiIpm } from "../../src/qp/index.ts";
import { randomQp } from "./random-qp.ts";

it.each([
  [1, 1],
  [4, 3],
  [5, 2],
  [14, 5],
])("gains on generated kernels equal those of plain products: nx = %i, nu = %i", (nx, nu) => {
  const qp = randomQp(createRng(nx), { N: 12, nx, nu });
  const gains = createRiccatiGains(qp.shape);
  const [K, plain] = [new Float64Array(12 * nu * nx), new Float64Array(12 * nu * nx)];
  expect(gains.exist(qp)).toBe(true);
  expect(gains.write(qp, K)).toBe(true);
  expect(lqrGains({ N: 12, nx, nu, ...qp }, plain, createLqrScratch(nx, nu))).toBe(true);
  // The same sums in another order.
  for (let i = 0; i < K.length; i++)
    expect(Math.abs(K[i] - plain[i])).toBeLessThan(1e-10 * (1 + Math.abs(plain[i])));
});

it("a regulator's step is the minimum, with the curvature and the gradients that its recursion meets", () => {
  const [N, nx, nu] = [9, 4, 3];
  const qp = randomQp(createRng(2), { N, nx, nu, nc: 0, nb: 0, width: Number.POSITIVE_INFINITY });
  const [K, plain] = [new Float64Array(N * nu * nx), new Float64Array(N * nu * nx)];
  const [feed, curvature, force] = [N * nu, N * nu, nu].map((size) => new Float64Array(size));
  expect(createRiccatiGains(qp.shape).regulate(qp, 1e-12, { K, feed, curvature, force })).toBe(true);
  // The minimum, from a solver that has no gains: du = feed + K dx along its states.
  const { dX, dU } = createRiccatiIpm(qp.shape, { tol: 1e-12 }).solve(qp);
  for (let at = 0; at < N * nu; at++) {
    let du = feed[at];
    for (let j = 0; j < nx; j++) du += K[at * nx + j] * dX[Math.floor(at / nu) * nx + j];
    expect(du).toBeCloseTo(dU[at], 8);
  }
  // H of each stage, and the gradient H feed.
  const scratch = createLqrScratch(nx, nu);
  const problem = { N, nx, nu, ...qp };
  const largest = new Float64Array(nu);
  scratch.P.set(qp.Q.subarray(N * nx * nx));
  for (let k = N - 1; k >= 0; k--) {
    lqrExpand(problem, k, scratch);
    for (let i = 0; i < nu; i++) {
      expect(curvature[k * nu + i]).toBeCloseTo(scratch.H[i * nu + i], 9);
      let gradient = 0;
      for (let j = 0; j < nu; j++) gradient += scratch.H[i * nu + j] * feed[k * nu + j];
      largest[i] = Math.max(largest[i], Math.abs(gradient));
    }
    expect(lqrClose(problem, k, plain, scratch)).toBe(true);
  }
  largest.forEach((value, i) => {
    expect(force[i]).toBeCloseTo(value, 8);
  });
});

it("gains that do not exist, or are not finite, are reported", () => {
  const qp = randomQp(createRng(1), { N: 5 });
  const { nx, nu } = qp.shape;
  const gains = createRiccatiGains(qp.shape);
  const K = new Float64Array(5 * nu * nx);
  const concave = { ...qp, R: qp.R.map((value) => value - 1e6) };
  expect(gains.exist(concave)).toBe(false);
  expect(gains.write(concave, K)).toBe(false);
  const broken = { ...qp, M: qp.M.slice() };
  broken.M[0] = Number.NaN;
  expect(gains.write(broken, K)).toBe(false);
});
