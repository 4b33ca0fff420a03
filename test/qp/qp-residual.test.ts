import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createQp, createQpShape, createQpSolution } from "../../src/qp/qp.ts";
import { qpKktResidual } from "../../src/qp/qp-residual.ts";
import { createRiccatiIpm } from "../../src/qp/riccati-ipm.ts";
import { qpObjective, valueOfRow } from "./oracles.ts";
import { randomQp } from "./random-qp.ts";

describe("the KKT residual", () => {
  it("vanishes at a solution found by hand, with a row in its slack and a bound active", () => {
    // min (u0^2 + u1^2)/2 - 3 u1 + x1 penalties, x1 = u0, x2 = x1 + u1; row x1 - 2 >= 0 costs s + s^2; u1 <= 1.
    const qp = createQp(createQpShape({ N: 2, nx: 1, nu: 1, nc: 1 }));
    qp.A.fill(1);
    qp.B.fill(1);
    qp.R.fill(1);
    qp.r[1] = -3;
    qp.uUpper[1] = 1;
    qp.C[0] = 1;
    qp.c[0] = -2;
    qp.weights.rowLinear.fill(1);
    qp.weights.rowQuadratic.fill(2);
    // u0 = lambda = 1 + 2 (2 - u0): u0 = 5/3. u1 = 1 with multiplier 2.
    const solution = createQpSolution(qp.shape);
    solution.dU.set([5 / 3, 1]);
    solution.dX.set([0, 5 / 3, 8 / 3]);
    solution.multipliers.rows[0] = 5 / 3;
    solution.multipliers.uUpper[1] = 2;
    expect(qpKktResidual(qp, solution).max).toBeLessThan(1e-15);
    expect(createRiccatiIpm(qp.shape).solve(qp).dU[0]).toBeCloseTo(5 / 3, 6);

    solution.multipliers.rows[0] = 1.5;
    const low = qpKktResidual(qp, solution);
    expect(low.stationarity).toBeCloseTo(1 / 6, 12);
    // nu = 5/3 - 3/2 with s = 1/3 in use.
    expect(low.complementarity).toBeCloseTo(1 / 18, 12);
    solution.multipliers.rows[0] = 2;
    expect(qpKktResidual(qp, solution).stationarity).toBeCloseTo(1 / 3, 12);
    solution.multipliers.rows[0] = 5 / 3;
    solution.multipliers.uLower[0] = 1e-9;
    expect(qpKktResidual(qp, solution).complementarity).toBe(Infinity);
    solution.multipliers.uLower[0] = 0;
    solution.dX[2] = 3;
    expect(qpKktResidual(qp, solution).feasibility).toBeCloseTo(1 / 3, 12);
    solution.dU[1] = 1.5;
    expect(qpKktResidual(qp, solution).feasibility).toBeGreaterThanOrEqual(0.5);
  });

  it("its gradient part equals finite differences of the objective where no row is at its kink", () => {
    const qp = randomQp(createRng(5), { width: Infinity, terminal: 2, control: 2, equal: 0.5 });
    const { N, nu, nx, nb, boxIndex, rowStart, equality } = qp.shape;
    const rng = createRng(6);
    const dU = Float64Array.from({ length: N * nu }, () => 0.3 * rng.gauss());
    const { dX } = qpObjective(qp, dU);
    const solution = { ...createQpSolution(qp.shape), dX, dU };
    const slope = (g: number, linear: number, quadratic: number): number =>
      g < 0 ? linear - quadratic * g : 0;
    const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.weights;
    for (let k = 0; k <= N; k++) {
      for (let at = k * nb; k > 0 && at < (k + 1) * nb; at++) {
        const x = dX[k * nx + boxIndex[at - k * nb]];
        solution.multipliers.xLower[at] = slope(x - qp.xLower[at], boxLinear[at], boxQuadratic[at]);
        solution.multipliers.xUpper[at] = slope(qp.xUpper[at] - x, boxLinear[at], boxQuadratic[at]);
      }
      for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
        const g = valueOfRow(qp, k, row, dX, dU);
        const side = equality[row] && g > 0 ? -1 : 1;
        solution.multipliers.rows[row] = side * slope(side * g, rowLinear[row], rowQuadratic[row]);
      }
    }
    let steepest = 0;
    for (let i = 0; i < N * nu; i++) {
      const moved = (step: number): number =>
        qpObjective(
          qp,
          dU.map((u, j) => (j === i ? u + step : u)),
        ).value;
      steepest = Math.max(steepest, Math.abs(moved(1e-6) - moved(-1e-6)) / 2e-6);
    }
    const kkt = qpKktResidual(qp, solution);
    expect(Math.abs(kkt.stationarity - steepest)).toBeLessThan(1e-6 * steepest);
    expect(kkt.complementarity).toBeLessThan(1e-12);
    expect(kkt.feasibility).toBeLessThan(1e-12);
  });

  it("a NaN anywhere makes the residual NaN, never small", () => {
    const qp = randomQp(createRng(7));
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    for (const part of [solution.dU, solution.dX, ...Object.values(solution.multipliers)]) {
      const index = part.length - 1;
      const value = part[index];
      part[index] = Number.NaN;
      expect(qpKktResidual(qp, solution).max).toBeNaN();
      part[index] = value;
    }
    expect(qpKktResidual(qp, solution).max).toBeLessThan(1e-6);
  });
});

describe("QP shapes", () => {
  it("refuse sizes that make no QP, by name", () => {
    expect(() => createQpShape({ N: 0, nx: 1, nu: 1 })).toThrow(/N is 0, expected an integer >= 1/);
    expect(() => createQpShape({ N: 1, nx: 1.5, nu: 1 })).toThrow(/nx is 1.5/);
    expect(() => createQpShape({ N: 1, nx: 1, nu: 1, nc: -1 })).toThrow(/nc is -1/);
    expect(() => createQpShape({ N: 1, nx: 2, nu: 1, boxIndex: [0, 2] })).toThrow(/boxIndex\[1\] is 2/);
    expect(() => createQpShape({ N: 1, nx: 2, nu: 1, boxIndex: [1, 1] })).toThrow(/twice/);
  });
});
