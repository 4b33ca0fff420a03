import { expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLqrScratch, lqrGains } from "../../src/linalg/index.ts";
import { createRiccatiGains } from "../../src/qp/index.ts";
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
