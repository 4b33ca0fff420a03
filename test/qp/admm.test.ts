import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { coldRobotQps } from "../../src/bench/qp-problems.ts";
import { createAdmm } from "../../src/qp/admm.ts";
import { qpKktResidual } from "../../src/qp/qp-residual.ts";
import { createRiccatiIpm } from "../../src/qp/riccati-ipm.ts";
import { qpObjective } from "./oracles.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));
const tight = { epsAbs: 1e-8, epsRel: 1e-8, maxIterations: 20000 };

describe("the splitting method", () => {
  const families: [string, RandomQpOptions][] = [
    ["rows and boxes, some violated", {}],
    ["linear penalty below the gradients", { penalty: 0.1, quadratic: 0.01 }],
    ["quadratic penalty only", { penalty: 0, quadratic: 100 }],
    ["no quadratic penalty", { quadratic: 0 }],
    ["costs of 1e4", { cost: 1e4 }],
    ["Hessians of rank one", { rank: 1 }],
    ["no control bounds", { width: Infinity }],
    ["a third of the controls pinned", { pinned: 0.3 }],
    ["no rows, no boxes", { nc: 0, nb: 0 }],
  ];
  for (const [name, options] of families) {
    it(`equals the interior point to its tolerance: ${name}`, () => {
      const rng = createRng(17);
      for (let trial = 0; trial < 4; trial++) {
        const qp = randomQp(rng, options);
        const ipm = createRiccatiIpm(qp.shape, { tol: 1e-10 }).solve(qp);
        const admm = createAdmm(qp.shape, tight).solve(qp);
        expect(admm.status).toBe("solved");
        expect(difference(admm.dU, ipm.dU)).toBeLessThan(1e-5);
        const value = qpObjective(qp, ipm.dU).value;
        expect(qpObjective(qp, admm.dU).value).toBeCloseTo(value, 5 - Math.log10(options.cost ?? 1));
        for (const part of ["uLower", "uUpper", "rows"] as const) {
          const scale = Math.max(1, largest(ipm.multipliers[part]));
          expect(difference(admm.multipliers[part], ipm.multipliers[part])).toBeLessThan(1e-4 * scale);
        }
      }
    });
  }

  it("reports the residual that the common function measures, and keeps control bounds exactly", () => {
    for (const qp of coldRobotQps({ seed: 3, count: 10 })) {
      const solution = createAdmm(qp.shape).solve(qp);
      const kkt = qpKktResidual(qp, solution);
      expect(solution.residual).toBe(kkt.max);
      expect(solution.dU.every((u, i) => u >= qp.uLower[i] && u <= qp.uUpper[i])).toBe(true);
    }
  });

  it("a warm start of the same QP takes fewer steps and gives the same value", () => {
    const rng = createRng(2);
    for (let trial = 0; trial < 5; trial++) {
      const qp = randomQp(rng);
      const solver = createAdmm(qp.shape, { epsAbs: 1e-6, epsRel: 1e-6 });
      const cold = solver.solve(qp);
      const { iterations } = cold;
      const { value } = qpObjective(qp, cold.dU);
      const warm = solver.solve(qp, { warm: true });
      expect(warm.status).toBe("solved");
      expect(warm.iterations).toBeLessThanOrEqual(iterations / 2);
      expect(qpObjective(qp, warm.dU).value).toBeCloseTo(value, 4);
    }
  });

  it.each([-40, 40])("takes the same steps where the cost is 2 to the power of %d of what it was", (e) => {
    const qp = randomQp(createRng(19));
    const times = (v: Float64Array): Float64Array => v.map((x) => x * 2 ** e);
    const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.weights;
    const scaled = {
      ...qp,
      ...{ Q: times(qp.Q), R: times(qp.R), M: times(qp.M), q: times(qp.q), r: times(qp.r) },
      weights: {
        ...{ rowLinear: times(rowLinear), rowQuadratic: times(rowQuadratic) },
        ...{ boxLinear: times(boxLinear), boxQuadratic: times(boxQuadratic) },
      },
    };
    const [own, other] = [qp, scaled].map((of) =>
      createAdmm(qp.shape, { epsAbs: 0, epsRel: 1e-6 }).solve(of),
    );
    expect(own.status).toBe("solved");
    expect([other.status, other.iterations]).toEqual([own.status, own.iterations]);
    expect(difference(own.dU, other.dU)).toBe(0);
  });

  it("NaN gives nonFinite, too few steps maxIterations, and the next QP is solved", () => {
    const qp = randomQp(createRng(4));
    const solver = createAdmm(qp.shape);
    qp.C[9] = Number.NaN;
    expect(solver.solve(qp).status).toBe("nonFinite");
    expect(solver.solve(randomQp(createRng(4)), { warm: true }).status).toBe("solved");
    const short = createAdmm(qp.shape, { maxIterations: 3 }).solve(randomQp(createRng(4)));
    expect(short.status).toBe("maxIterations");
    expect(short.iterations).toBe(3);
    expect(Number.isFinite(short.residual)).toBe(true);
  });

  it("solves a robot's QP whose rows rest at the kink of their penalty, in more than 4,000 steps", () => {
    const qp = coldRobotQps({ seed: 1, count: 73 })[72];
    const { status, iterations, dU } = createAdmm(qp.shape).solve(qp);
    expect(status).toBe("solved");
    expect(iterations).toBeGreaterThan(4000);
    const exact = createRiccatiIpm(qp.shape).solve(qp);
    // A row there has a multiplier above its linear penalty.
    expect(largest(exact.multipliers.rows)).toBeGreaterThan(qp.weights.rowLinear[0]);
    expect(difference(dU, exact.dU)).toBeLessThan(0.05 * largest(exact.dU));
  });

  it("refuses options out of range", () => {
    const { shape } = randomQp(createRng(1));
    expect(() => createAdmm(shape, { relaxation: 2 })).toThrow(
      /relaxation is 2, expected a number in \(0, 2\)/,
    );
    expect(() => createAdmm(shape, { epsAbs: 0, epsRel: 0 })).toThrow(/epsRel is 0/);
    expect(() => createAdmm(shape, { maxIterations: 0 })).toThrow(/maxIterations is 0/);
    expect(() => createAdmm(shape, { rho: Number.NaN })).toThrow(/rho is NaN/);
  });
});
