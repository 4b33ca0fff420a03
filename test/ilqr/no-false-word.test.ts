import { describe, expect, it } from "vitest";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { discretize, type Ocp, withFiniteDifferences } from "../../src/ocp/index.ts";

const F = (...v: number[]): Float64Array => Float64Array.from(v);

/** A state that grows by half a step, pushed back by a control that cannot hold it once it is past 3. */
function unstable(uUpper: number, growth: number): Ocp {
  return withFiniteDifferences({
    N: 60,
    dynamics: { nx: 1, nu: 1, step: (x, u, _k, out) => out.set([growth * x[0] + u[0]]) },
    stageCost: (x, u) => Math.hypot(0.1, x[0]) - 0.1 + 0.01 * u[0] ** 2,
    terminalCost: () => 0,
    uLower: F(-1.5),
    uUpper: F(uUpper),
  });
}

describe("a trajectory that has run away", () => {
  const guess = Float64Array.from({ length: 60 }, (_, k) => 0.5 * Math.cos(3 * k));

  it.each([
    [1.5, 1.5],
    [Number.POSITIVE_INFINITY, 1.3],
  ])(
    "has not converged because its controls are nearer to a bound than its costates could throw them (<= %d)",
    (uUpper, growth) => {
      const { status, cost } = solveIlqr(unstable(uUpper, growth), F(0.3), guess);
      // The optimum, 0.2177 or 0.2182 by both solvers at N = 20 where nothing explodes, may be out of reach in doubles.
      if (cost > 0.22) expect(status).not.toBe("converged");
    },
  );

  it.each([3, 4, 4.2, 4.4])("at the guess does not say how exactly constraints are met (u = %d)", (u) => {
    const cubic = withFiniteDifferences({
      N: 10,
      dynamics: discretize({ nx: 1, nu: 1, derivative: (x, u, out) => out.set([x[0] ** 3 + u[0]]) }, 0.05),
      stageCost: (_x, u) => 0.1 * u[0] ** 2,
      terminalCost: () => 0,
      rows: [
        { count: 1, kind: "equality", stages: "terminal", value: (x, _k, c) => c.set([1e3 * (x[0] - 0.2)]) },
      ],
    });
    const { status, violation } = solveAlIlqr(cubic, F(0), new Float64Array(10).fill(u));
    expect(status).toBe("converged");
    expect(violation).toBeLessThan(1e3 * 0.2 * 1e-7);
  });
});

describe("a soft row whose price is far above the cost", () => {
  // min 1/2 e (x1 - 1)^2 with x1 <= 1/2 at the price of one: x1 = 1/2, its multiplier e / 2.
  const e = 1e-6;
  const ocp = withFiniteDifferences({
    N: 1,
    dynamics: { nx: 1, nu: 1, step: (_x, u, _k, out) => out.set(u) },
    stageCost: () => 0,
    terminalCost: (x) => 0.5 * e * (x[0] - 1) ** 2,
    rows: [{ count: 1, soft: { linear: 1, quadratic: 0 }, value: (x, _k, c) => c.set([0.5 - x[0]]) }],
  });

  it("is met so closely that what is paid for it is a share of what the rest costs", () => {
    const { status, merit } = solveAlIlqr(ocp, F(0));
    expect(status).toBe("converged");
    expect(merit / (e / 8)).toBeCloseTo(1, 5);
  });
});

describe("a row without a slope where it is met", () => {
  const ocp = withFiniteDifferences({
    N: 20,
    dynamics: {
      nx: 2,
      nu: 1,
      step: (x, u, _k, out) => out.set([x[0] + 0.1 * x[1] + 0.005 * u[0], x[1] + 0.1 * u[0]]),
    },
    stageCost: (_x, u) => 0.5 * u[0] ** 2,
    terminalCost: () => 0,
    rows: [{ count: 1, kind: "equality", stages: "terminal", value: (x, _k, c) => c.set([(x[0] - 1) ** 2]) }],
  });

  it("is not infeasible as long as its violation falls", () => {
    const { status, history } = solveAlIlqr(ocp, F(0, 0));
    expect(status).toBe("maxIterations");
    expect(history.at(-1)!.violation).toBeLessThan(0.95 * history.at(-2)!.violation);
  });
});

describe("rows that are nearly met where others are far stiffer", () => {
  it("are met: the pull of the weak ones is no rounding of the stiff ones", () => {
    // From next to the stiff row's solution: its size at the guess, and so its penalty's inverse, is next to nothing.
    const ocp = withFiniteDifferences({
      N: 1,
      dynamics: { nx: 2, nu: 2, step: (_x, u, _k, out) => out.set(u) },
      stageCost: (_x, u) => 1e-3 * (u[0] ** 2 + u[1] ** 2),
      terminalCost: () => 0,
      rows: [
        {
          count: 2,
          kind: "equality",
          stages: "terminal",
          value: (x, _k, c) => c.set([x[0] - 1 - 1e-6, x[0] + x[1] - 2]),
        },
      ],
    });
    const { status, X } = solveAlIlqr(ocp, F(0, 0), F(1, 0));
    expect(status).toBe("converged");
    expect(Math.abs(X[2] - 1 - 1e-6) + Math.abs(X[3] - 1 + 1e-6)).toBeLessThan(1e-6);
  });
});
