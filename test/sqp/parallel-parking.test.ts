import { describe, expect, it } from "vitest";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import { type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";

/** What costs, and the controls, are measured in, and how far the controls reach. */
type Case = {
  readonly yaw: number;
  readonly cost?: number;
  readonly control?: number;
  readonly most?: number;
};

/**
 * A car x = (px, py, yaw, v, steering), u = (acceleration, steering rate), that stands and must be 1 m to its left after 3 s, in the
 * same direction. At rest with straight wheels what moves it aside is of third order: `v tan(steering)` turns it, v carries it there.
 */
function aside({ yaw, cost = 1, control = 1, most = Number.POSITIVE_INFINITY }: Case): Ocp {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return withFiniteDifferences({
    N: 15,
    dynamics: {
      ...{ nx: 5, nu: 2 },
      step: ([p, q, th, v, d], [a, r], _k, out) =>
        void out.set([
          ...[p + 0.2 * v * Math.cos(th), q + 0.2 * v * Math.sin(th), th + 0.2 * v * Math.tan(d)],
          ...[v + (0.2 * a) / control, d + (0.2 * r) / control],
        ]),
    },
    stageCost: (_x, [a, r]) => 0.1 * cost * ((a / control) ** 2 + (r / control) ** 2),
    terminalCost: () => 0,
    uLower: Float64Array.of(-most, -most),
    uUpper: Float64Array.of(most, most),
    rows: {
      ...{ count: 3, kind: "equality", stages: "terminal" },
      value: (x: Vec, _k: number, out: Vec) => void out.set([x[0] + s, x[1] - c, x[2] - yaw]),
    },
  });
}
const start = (yaw: number): Float64Array => Float64Array.of(0, 0, yaw, 0, 0);
const SOLVERS: readonly (typeof solveSqp | typeof solveAlIlqr | typeof solve)[] = [
  solveSqp,
  solveAlIlqr,
  solve,
];

describe("a car at rest that must move sideways, its speed and its steering states", () => {
  it.each([
    [{ yaw: 0 }, SOLVERS],
    [{ yaw: -7 * Math.PI }, [solveSqp]],
    [{ yaw: Math.PI, cost: 1e-8 }, [solveAlIlqr, solve]],
  ] as [Case, typeof SOLVERS][])(
    "is driven there at the same cost, turned by any angle and in any unit of cost: %j",
    (made, solvers) => {
      for (const run of solvers) {
        const { status, violation, cost, X } = run(aside(made), start(made.yaw));
        expect(status, run.name).toBe("converged");
        expect(violation).toBeLessThan(1e-6);
        expect(Math.hypot(X[75], X[76])).toBeCloseTo(1, 5);
        expect(cost / (made.cost ?? 1)).toBeCloseTo(1.23845, 4);
      }
    },
  );

  it("is driven there whatever its controls are measured in, though they are zero at first and nothing tells their size", () => {
    const { status, violation, cost } = solve(aside({ yaw: 0, control: 1e5 }), start(0));
    expect([status, violation < 1e-6, cost < 1.5]).toEqual(["converged", true, true]);
  });

  it("is said to be unable to only after other beginnings were tried", () => {
    const { status, iterations } = solveAlIlqr(aside({ yaw: 0 }), start(0), undefined, { restarts: 0 });
    expect([status, iterations]).toEqual(["stalled", 0]);
    // Controls of 0.05: no more than 0.225 m in 3 s, any way.
    const beyond = solveAlIlqr(aside({ yaw: 0, most: 0.05 }), start(0));
    expect([beyond.status, beyond.violation > 0.7, beyond.iterations > 2]).toEqual([
      "infeasible",
      true,
      true,
    ]);
    expect(() => solveAlIlqr(aside({ yaw: 0 }), start(0), undefined, { restarts: 0.5 })).toThrow(
      /restarts is 0.5/,
    );
  });
});
