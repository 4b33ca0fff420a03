import { describe, expect, it } from "vitest";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import { discretize, type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";
import { pointMass } from "./linear-problem.ts";

/** A point that must end on a circle, `|x_N| = radius`, with the least effort: `1/2 u'u` over 2 s. */
function toCircle(radius: number): Ocp {
  return withFiniteDifferences({
    N: 20,
    dynamics: { nx: 2, nu: 2, step: ([p, q], [a, b], _k, out) => void out.set([p + 0.1 * a, q + 0.1 * b]) },
    stageCost: (_x, u) => 0.05 * (u[0] ** 2 + u[1] ** 2),
    terminalCost: () => 0,
    rows: [
      {
        ...{ count: 1, kind: "equality", stages: "terminal" },
        value: (x, _k, c) => void c.fill((x[0] ** 2 + x[1] ** 2) / radius ** 2 - 1),
      },
    ],
  });
}

/** A unicycle that drives from (0, 0) to (2, 0) in 2 s past a disc right between them, starting and ending straight. */
function pastDisc(): { ocp: Ocp; straight: Vec } {
  const N = 30;
  const f = (x: Vec, u: Vec, out: Vec): void =>
    void out.set([u[0] * Math.cos(x[2]), u[0] * Math.sin(x[2]), u[1]]);
  return {
    straight: Float64Array.from({ length: 3 * (N + 1) }, (_, i) =>
      i % 3 === 0 ? (2 * Math.floor(i / 3)) / N : 0,
    ),
    ocp: withFiniteDifferences({
      N,
      dynamics: discretize({ nx: 3, nu: 2, derivative: f }, 0.1, "rk4"),
      stageCost: (_x, u) => 0.1 * (u[0] ** 2 + 0.1 * u[1] ** 2),
      terminalCost: () => 0,
      uLower: Float64Array.of(-2, -3),
      uUpper: Float64Array.of(2, 3),
      rows: [
        { count: 1, value: (x, _k, c) => void c.fill((x[0] - 1) ** 2 + x[1] ** 2 - 0.36) },
        {
          count: 3,
          kind: "equality",
          stages: "terminal",
          value: (x, _k, c) => void c.set([x[0] - 2, x[1], x[2]]),
        },
      ],
    }),
  };
}

describe("rows that no small change comes nearer to, since the start is as far on every side", () => {
  it("are met all the same: from the centre of a circle to its rim, by every solver", () => {
    for (const radius of [1e-3, 1, 10]) {
      for (const run of [solveSqp, solveAlIlqr, solve]) {
        const { status, X, cost } = run(toCircle(radius), new Float64Array(2));
        expect(status, `${run.name} ${radius}`).toBe("converged");
        expect(Math.hypot(X[40], X[41]) / radius).toBeCloseTo(1, 6);
        // radius / 2 per second for 2 s
        expect(cost / radius ** 2).toBeCloseTo(0.25, 5);
      }
    }
  });

  it("are met from the centre of a circle whatever the row's unit, kink or not", () => {
    const rows: ((x: Vec, radius: number) => number)[] = [
      ([p, q], radius) => p ** 2 + q ** 2 - radius ** 2,
      ([p, q], radius) => Math.hypot(p, q) - radius,
    ];
    for (const radius of [1e-3, 1, 1e3]) {
      for (const row of rows) {
        const value = (x: Vec, _k: number, c: Vec): void => void c.fill(row(x, radius));
        const ocp = withFiniteDifferences({
          ...toCircle(radius),
          rows: { count: 1, kind: "equality", stages: "terminal", value },
        });
        for (const run of [solveSqp, solveAlIlqr, solve]) {
          const { status, X, cost } = run(ocp, new Float64Array(2));
          expect(status, `${run.name} ${radius}`).toBe("converged");
          expect(Math.hypot(X[40], X[41]) / radius).toBeCloseTo(1, 6);
          expect(cost / radius ** 2).toBeCloseTo(0.25, 5);
        }
      }
    }
  });

  it("are met by a unicycle at rest that must move sideways, from controls that are zero", () => {
    const goal = [0, 1, 0];
    const ocp = withFiniteDifferences({
      ...pastDisc().ocp,
      uLower: Float64Array.of(-4, -4),
      uUpper: Float64Array.of(4, 4),
      rows: {
        ...{ count: 3, kind: "equality", stages: "terminal" },
        value: (x: Vec, _k: number, c: Vec): void => c.set(goal.map((g, i) => x[i] - g)),
      },
    });
    for (const run of [solveSqp, solve]) {
      const { status, violation, iterations } = run(ocp, new Float64Array(3));
      expect(status, run.name).toBe("converged");
      expect(violation).toBeLessThan(1e-6);
      expect(iterations).toBeLessThan(25);
    }
  });

  it("are met by a unicycle right before a disc, from states straight through it", () => {
    const { ocp, straight } = pastDisc();
    const { status, violation, cost, X } = solve(ocp, new Float64Array(3), { X: straight });
    expect(status).toBe("converged");
    expect(violation).toBeLessThan(1e-6);
    expect(X[90]).toBeCloseTo(2, 6);
    // the straight way without the disc costs 2^2 / 3
    expect(cost).toBeGreaterThan(4 / 3);
    expect(cost).toBeLessThan(3);
  });
});

describe("a state box", () => {
  it("of no width holds its state, and the solution is one in one QP, whose costates cancel to nothing", () => {
    for (const unit of [1e-6, 1, 1e6]) {
      const ocp = withFiniteDifferences({
        N: 20,
        dynamics: pointMass().dynamics,
        stageCost: (_x, u) => 0.1 * unit * u[0] ** 2,
        terminalCost: (x) => 10 * unit * ((x[0] - 1) ** 2 + x[1] ** 2),
        stateBox: { index: [1], lower: Float64Array.of(0), upper: Float64Array.of(0) },
      });
      const { status, iterations, U } = solveSqp(ocp, Float64Array.of(0, 0));
      expect([status, iterations]).toEqual(["converged", 1]);
      expect(Math.max(...U.map(Math.abs))).toBeLessThan(1e-9);
    }
  });
});
