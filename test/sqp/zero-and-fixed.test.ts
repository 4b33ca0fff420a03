import { describe, expect, it } from "vitest";
import { isOptimal, judge } from "../../src/bench/ocp/judge.ts";
import {
  discretize,
  type Ocp,
  withFiniteDifferences,
  withFreeFinalTime,
  withFreeInitialState,
} from "../../src/ocp/index.ts";
import { stableAdjoint } from "../../src/sqp/adjoint.ts";
import { enterGuess } from "../../src/sqp/guess.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { kktResiduals } from "../../src/sqp/kkt.ts";
import { linearize } from "../../src/sqp/linearize.ts";
import { quadratizeCost } from "../../src/sqp/quadratize.ts";
import { naturalSizes } from "../../src/sqp/scales.ts";
import { createSqpWorkspace } from "../../src/sqp/workspace.ts";

const F = (...a: number[]): Float64Array => Float64Array.of(...a);
const triple = {
  ...{ nx: 3, nu: 1 },
  derivative: (x: Float64Array, u: Float64Array, out: Float64Array) => out.set([x[1], x[2], u[0]]),
};

/** Three integrators, to rest at 1 by a cost that is nearly a norm. */
const nearlyNorm = (effort: number, scale = 1): Ocp =>
  withFiniteDifferences({
    ...{ N: 20, dynamics: discretize(triple, 0.2, "euler") },
    stageCost: (x, u) => scale * (Math.sqrt((x[0] - 1) ** 2 + x[1] ** 2 + 1e-4) + effort * u[0] ** 2),
    terminalCost: (x) => scale * 10 * Math.sqrt((x[0] - 1) ** 2 + x[1] ** 2 + 1e-4),
  });

describe("controls whose bounds coincide", () => {
  it("ask for no curvature: a free initial state without a price of its own ends as fast as Newton does", () => {
    const bounds = { lower: F(-0.3), upper: F(0.3) };
    const ocp = withFreeInitialState(nearlyNorm(0.01), { index: [0], ...bounds });
    const result = solveSqp(ocp, F(0.2, 0, 0));
    expect(result.status).toBe("converged");
    expect(result.iterations).toBeLessThanOrEqual(25);
    expect(isOptimal(judge(ocp, F(0.2, 0, 0), result.U, result.X), 1e-4)).toBe(true);
    const [last, before] = [result.history.at(-1)!, result.history.at(-2)!];
    expect(last.kkt).toBeLessThan(0.01 * before.kkt);
  });
});

describe("an optimum at zero", () => {
  it("of a control is one though the final time has a slope at its bound, which is all that a QP sees", () => {
    const oscillator = {
      ...{ nx: 2, nu: 1 },
      derivative: (x: Float64Array, u: Float64Array, out: Float64Array) =>
        out.set([x[1], (1 - x[0] ** 2) * x[1] - x[0] + u[0]]),
    };
    const base = withFiniteDifferences({
      ...{ N: 30, dynamics: discretize(oscillator, 1), uLower: F(-1.5), terminalCost: () => 0 },
      stageCost: (_x, u) => 1e-4 * u[0] ** 2,
    });
    const ocp = withFreeFinalTime(base, oscillator, { lower: 0.2, upper: 20, weight: 0.5 });
    const guess = new Float64Array(ocp.N * 2).fill(0.05);
    guess[1] = 3;
    const result = solveSqp(ocp, F(0.01, 0.06, 0), guess);
    expect(result.status).toBe("converged");
    expect(result.cost).toBeCloseTo(0.1, 9);
    expect(result.iterations).toBeLessThanOrEqual(5);
  });

  it("is one beside a state box, whose multipliers are rounding of what once was", () => {
    const animals = {
      ...{ nx: 2, nu: 1 },
      derivative: ([a, b]: Float64Array, [u]: Float64Array, out: Float64Array) =>
        out.set([a * (1 - b - 0.4 * u), b * (a - 1 - 0.2 * u)]),
    };
    const ocp = withFiniteDifferences({
      ...{ N: 5, dynamics: discretize(animals, 0.5), terminalCost: () => 0 },
      ...{ stageCost: (_x: Float64Array, u: Float64Array) => u[0] ** 2, uLower: F(-1), uUpper: F(1) },
      stateBox: { index: [0], lower: F(-3), upper: F(3) },
    });
    const w = createSqpWorkspace(ocp);
    const first = solveSqp(ocp, F(0.7, 0.65), new Float64Array(5).fill(0.3), { maxIterations: 5 }, w);
    expect(first.status).toBe("converged");
    w.duals.Y.fill(1e-17);
    w.scales.most.fill(0.3);
    expect(kktResiduals(w).kkt).toBeLessThan(1e-6);
  });
});

describe("whether a cost has a slope", () => {
  const slopeOf = (rFloor: number, ocp: Ocp, guess: Float64Array): boolean => {
    const w = createSqpWorkspace(ocp);
    enterGuess(ocp, w, F(0, 0, 0), guess);
    linearize(ocp, w.shape, w.current, w.qp);
    quadratizeCost(ocp, w, rFloor);
    naturalSizes(w);
    stableAdjoint(w);
    kktResiduals(w);
    return w.scales.slope;
  };

  it("is not hidden by what the curvature of controls is raised by", () => {
    const U = new Float64Array(20).fill(0.5);
    expect(slopeOf(1e-3, nearlyNorm(0), U)).toBe(true);
    expect(slopeOf(1e30, nearlyNorm(0), U)).toBe(true);
  });

  it("is not hidden by where a trajectory explodes to after the last stage that costs", () => {
    const ocp = withFiniteDifferences({
      ...{
        N: 3,
        terminalCost: () => 0,
        stageCost: (x: Float64Array, u: Float64Array) => (x[0] - 1) ** 2 + u[0] ** 2,
      },
      dynamics: { nx: 3, nu: 1, step: (x, u, k, o) => o.set([(k === 2 ? 1e40 : 1) * (x[0] + u[0]), 0, 0]) },
    });
    expect(slopeOf(1e-3, ocp, F(0.1, 0.1, 0.1))).toBe(true);
    const result = solveSqp(ocp, F(0, 0, 0), F(0.1, 0.1, 0.1));
    const verdict = judge(ocp, F(0, 0, 0), result.U, result.X);
    expect(result.status === "converged" && !isOptimal(verdict, 1e-2)).toBe(false);
  });
});
