import { describe, expect, test } from "vitest";
import {
  createSensitivity,
  predictSolution,
  type SolutionDerivative,
  type SqpResult,
  solveSqp,
} from "../../src/sqp/index.ts";
import { mul, square, sub, symbolicOcp } from "../../src/symbolic/index.ts";
import { CAR_AT, CAR_GUESS, type CarKind, steeredCar } from "./steered-car.ts";

type Vec = Float64Array;

const OPTIONS = { tol: 1e-9, maxIterations: 100 } as const;

/** Largest difference of a column from the difference of two solutions, over its largest entry. */
function columnError(
  d: SolutionDerivative,
  column: number,
  high: SqpResult,
  low: SqpResult,
  h: number,
): number {
  let worst = 0;
  for (const part of ["X", "U", "multipliers"] as const) {
    let [error, size] = [0, 0];
    high[part].forEach((value, i) => {
      const expected = (value - low[part][i]) / (2 * h);
      error = Math.max(error, Math.abs(d[part][i * d.count + column] - expected));
      size = Math.max(size, Math.abs(expected));
    });
    if (error > 0) worst = Math.max(worst, error / size);
  }
  return worst;
}

const moved = (x: ArrayLike<number>, i: number, by: number): Vec =>
  Float64Array.from(x, (value, j) => (i === j ? value + by : value));

describe("the derivative of a solution equals differences of solutions", () => {
  const active: readonly [CarKind, { controls: number; held: number; paid: number }][] = [
    ["free", { controls: 0, held: 0, paid: 0 }],
    ["bounds", { controls: 11, held: 0, paid: 0 }],
    ["hard rows", { controls: 0, held: 2, paid: 0 }],
    ["soft rows", { controls: 4, held: 13, paid: 4 }],
  ];
  // Differences of solutions: what the solver leaves, 1e-10 of the multipliers, over h.
  test.each(active)("of a car with %s, in x0 and every parameter", (kind, expected) => {
    const ocp = steeredCar(kind);
    const solution = solveSqp(ocp, CAR_AT, CAR_GUESS, OPTIONS);
    expect(solution.status).toBe("converged");
    const sensitivity = createSensitivity(ocp, solution)!;
    const { controls, constraints } = sensitivity.active;
    expect({
      controls: controls.reduce((sum, held) => sum + held, 0),
      held: constraints.filter(({ state }) => state === "held").length,
      paid: constraints.filter(({ state }) => state === "paid").length,
    }).toEqual(expected);
    const again = (x0: Vec): SqpResult => solveSqp(ocp, x0, solution, OPTIONS);
    const h = 1e-5;
    const state = sensitivity.state();
    for (let i = 0; i < 4; i++) {
      const [high, low] = [again(moved(CAR_AT, i, h)), again(moved(CAR_AT, i, -h))];
      expect(columnError(state, i, high, low, h), `x0[${i}]`).toBeLessThan(1e-4);
    }
    const parameters = sensitivity.parameters(ocp.parameterDerivatives);
    const far = kind === "bounds" || kind === "soft rows";
    const wall = kind.endsWith("rows") ? 0.25 : 0.05;
    const p = [0.4, ...(far ? [1.9, 0.9] : [1.2, 0.6]), 1.5, wall];
    const at = (values: Vec): SqpResult => {
      const [base, gx, gy, push, radius] = values;
      ocp.set({ base, goal: [gx, gy], push, wall: radius });
      return again(CAR_AT);
    };
    p.forEach((_, i) => {
      const [high, low] = [at(moved(p, i, h)), at(moved(p, i, -h))];
      expect(columnError(parameters, i, high, low, h), ocp.parameterNames[i]).toBeLessThan(1e-4);
    });
  });

  test("whatever the units of states, controls and cost", () => {
    const problem = (length: number, force: number, cost: number) =>
      symbolicOcp({
        N: 8,
        dt: 0.2,
        states: ["place", "speed"],
        controls: ["push"],
        dynamics: ({ x, u }) => [x.speed, mul(length / force, u.push)],
        stageCost: ({ u }) => mul(cost / force ** 2, square(u.push)),
        terminalCost: ({ x }) => mul((50 * cost) / length ** 2, square(sub(x.place, length))),
        rows: [{ values: ({ x }) => [sub(0.4 * length, x.speed)] }],
        bounds: { push: [-force, force / 2] },
      });
    const solved = solveSqp(problem(1, 1, 1), new Float64Array(2), undefined, { tol: 1e-9 });
    /** The same solution in other units, and its derivative back in the first. */
    const derivative = (length: number, force: number, cost: number): number[] => {
      const solution = {
        X: solved.X.map((x) => length * x),
        U: solved.U.map((u) => force * u),
        multipliers: solved.multipliers.map((y) => (y * cost) / length),
      };
      const { active, state } = createSensitivity(problem(length, force, cost), solution)!;
      const { U, multipliers } = state();
      return [
        active.controls.reduce((sum, held) => sum + held, 0),
        active.constraints.length,
        ...U.map((value) => (value * length) / force),
        ...multipliers.map((value) => (value * length ** 2) / cost),
      ];
    };
    const expected = derivative(1, 1, 1);
    expect(expected[0] * expected[1]).toBeGreaterThan(0);
    for (const [length, force, cost] of [
      [1000, 1, 1],
      [1, 1000, 1],
      [1e-3, 1e3, 1e-3],
    ]) {
      derivative(length, force, cost).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 6);
      });
    }
  });
});

describe("a predicted solution", () => {
  test("has an error of second order in the change, as long as the active set stays", () => {
    for (const kind of ["free", "hard rows"] as const) {
      const ocp = steeredCar(kind);
      const solution = solveSqp(ocp, CAR_AT, CAR_GUESS, OPTIONS);
      const derivative = createSensitivity(ocp, solution)!.state();
      const error = (size: number): number => {
        const change = [0.3, -0.2, 0.1, 0.4].map((v) => size * v);
        const predicted = predictSolution(ocp, solution, derivative, change);
        const x0 = CAR_AT.map((value, i) => value + change[i]);
        const exact = solveSqp(ocp, x0, predicted, OPTIONS);
        return Math.max(...exact.U.map((u, i) => Math.abs(u - predicted.U[i])));
      };
      const [large, small] = [error(0.02), error(0.01)];
      expect(large / small).toBeGreaterThan(3);
      expect(large / small).toBeLessThan(5);
    }
  });

  test("stays within the bounds of the controls", () => {
    const ocp = steeredCar("bounds");
    const solution = solveSqp(ocp, CAR_AT, CAR_GUESS, OPTIONS);
    const derivative = createSensitivity(ocp, solution)!.state();
    const { U } = predictSolution(ocp, solution, derivative, [-1, 0, 0, -1]);
    U.forEach((u, i) => {
      expect(u).toBeGreaterThanOrEqual(ocp.uLower[i % 2]);
      expect(u).toBeLessThanOrEqual(ocp.uUpper[i % 2]);
    });
  });
});

test("a problem that is not convex where it may move has no derivative", () => {
  const ocp = symbolicOcp({
    N: 2,
    states: ["x"],
    controls: ["u"],
    dynamics: ({ u }) => [u.u],
    stageCost: ({ u }) => mul(-1, square(u.u)),
  });
  const solution = { X: new Float64Array(3), U: new Float64Array(2), multipliers: new Float64Array(0) };
  expect(createSensitivity(ocp, solution)).toBeUndefined();
});
