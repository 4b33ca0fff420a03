import { describe, expect, it } from "vitest";
import { createRng } from "../../src/linalg/index.ts";
import { createRiccatiIpm } from "../../src/sqp/riccati-ipm.ts";
import { solveWithQuadprog } from "./oracles.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));

describe("the interior point against oracles", () => {
  const cases: [string, RandomQpOptions][] = [
    ["rows and boxes, some violated", {}],
    ["costs of 1e4", { cost: 1e4 }],
    ["costs of 1e-3", { cost: 1e-3 }],
    ["penalty 1e6 relative to the cost", { penalty: 1e6 }],
    ["penalty below the gradients", { penalty: 0.1, quadratic: 0.01 }],
    ["Hessians of rank one", { rank: 1 }],
    ["no control bounds", { width: Infinity }],
    ["a third of the controls pinned", { pinned: 0.3 }],
    ["no rows, no boxes", { nc: 0, nb: 0 }],
    ["one stage, one state, one control", { N: 1, nx: 1, nu: 1, nc: 1, nb: 1 }],
    ["more controls than states", { nx: 2, nu: 5 }],
  ];
  for (const [name, options] of cases) {
    it(`equals quadprog: ${name}`, () => {
      const rng = createRng(7);
      for (let trial = 0; trial < 6; trial++) {
        const qp = randomQp(rng, options);
        const ipm = createRiccatiIpm(qp.shape, { tol: 1e-10 }).solve(qp);
        const oracle = solveWithQuadprog(qp);
        expect(ipm.status).toBe("solved");
        // Both solve to about 1e-10 of the dual scale; R >= 0.1 cost bounds how far a residual can move dU.
        expect(difference(ipm.dU, oracle.dU)).toBeLessThan(1e-6 * Math.max(1, largest(oracle.dU)));
        expect(difference(ipm.dX, oracle.dX)).toBeLessThan(1e-5 * Math.max(1, largest(oracle.dX)));
      }
    });
  }
});
