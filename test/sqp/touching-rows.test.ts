import { describe, expect, it } from "vitest";
import { type Ocp, type Vec, withFiniteDifferences } from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";

type Touching = { readonly kind?: "equality" | "inequality"; readonly value: (x: Vec) => number[] };

/** A point that moves for 2 s with the least effort, `cost / 2 u'u`, to where rows of its last position, times `row`, are met. */
function pointTo({ kind = "equality", value }: Touching, cost: number, row: number): Ocp {
  return withFiniteDifferences({
    N: 20,
    dynamics: { nx: 2, nu: 2, step: ([p, q], [a, b], _k, out) => void out.set([p + 0.1 * a, q + 0.1 * b]) },
    stageCost: (_x, u) => 0.05 * cost * (u[0] ** 2 + u[1] ** 2),
    terminalCost: () => 0,
    rows: {
      ...{ count: value(new Float64Array(2)).length, kind, stages: "terminal" },
      value: (x: Vec, _k: number, c: Vec) => void c.set(value(x).map((v) => row * v)),
    },
  });
}

const SQUARES: readonly [string, Touching, number][] = [
  ["(p - 1)^2 = 0", { value: ([p]) => [(p - 1) ** 2] }, 1],
  ["(p - 1)^3 = 0", { value: ([p]) => [(p - 1) ** 3] }, 1],
  ["(p - 1)^4 = 0", { value: ([p]) => [(p - 1) ** 4] }, 1],
  ["a squared distance = 0", { value: ([p, q]) => [(p - 1) ** 2 + (q - 0.5) ** 2] }, 1.25],
  ["two squares = 0", { value: ([p, q]) => [(p - 1) ** 2, (q - 0.5) ** 2] }, 1.25],
  ["-(p - 1)^2 >= 0", { kind: "inequality", value: ([p]) => [-((p - 1) ** 2)] }, 1],
  [
    "a squared distance <= 0",
    { kind: "inequality", value: ([p, q]) => [-((p - 1) ** 2) - (q - 0.5) ** 2] },
    1.25,
  ],
];

describe("rows that have no slope where they are met, and so no multiplier", () => {
  it.each(SQUARES)("are met, at the least cost, and that is said in 100 QPs: %s", (_name, rows, square) => {
    for (const run of [solveSqp, solve]) {
      const { status, iterations, cost, residuals } = run(pointTo(rows, 1, 1), new Float64Array(2));
      expect([status, iterations <= 100], run.name).toEqual(["converged", true]);
      // The straight way of length d in 2 s costs d^2 / 4.
      expect(cost).toBeCloseTo(square / 4, 5);
      expect(residuals.primal).toBeLessThan(1e-10);
    }
  });

  it("are met in any unit of cost and rows", () => {
    for (const [cost, row] of [
      [1e-8, 1],
      [1e6, 1e-6],
      [1, 1e6],
    ]) {
      const r = solveSqp(pointTo(SQUARES[3][1], cost, row), new Float64Array(2));
      expect([r.status, r.iterations <= 100]).toEqual(["converged", true]);
      expect(r.cost / cost).toBeCloseTo(0.3125, 5);
    }
  });
});
