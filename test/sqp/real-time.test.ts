import { describe, expect, test } from "vitest";
import type { Ocp, Vec } from "../../src/ocp/index.ts";
import {
  advancePlan,
  createSqpWorkspace,
  feedback,
  feedbackByQp,
  type PreparedFeedback,
  prepareFeedback,
  type SqpGuess,
  solveSqp,
} from "../../src/sqp/index.ts";
import { add, mul, scale, sin, sub, symbolicOcp, weightedSquares } from "../../src/symbolic/index.ts";
import { CAR_AT, CAR_GUESS, steeredCar } from "./steered-car.ts";

/**
 * A cart that is pushed, linear with a quadratic cost; with a bound on the push and one on the speed, or free. Its controls
 * are in a unit, its cost in another.
 */
const cart = (bounded: boolean, unit = 1, price = 1) =>
  symbolicOcp({
    N: 12,
    dt: 0.2,
    states: ["place", "speed"],
    controls: ["push", "brake"],
    dynamics({ x, u }) {
      const [push, brake] = scale(1 / unit, u);
      return [x.speed, sub(push, add(mul(0.5, brake), mul(0.1, x.speed)))];
    },
    stageCost({ x, u }) {
      const controls = scale(1 / unit, u);
      const cross = mul(0.2, x.speed, controls[0]);
      return mul(price, add(weightedSquares([1, 0.1], x), cross, weightedSquares([0.3, 0.5], controls)));
    },
    terminalCost: ({ x }) => mul(price, weightedSquares([20, 5], x)),
    rows: bounded ? [{ values: ({ x }) => [add(0.4, x.speed)] }] : [],
    bounds: bounded ? { push: [-0.8 * unit, unit], brake: [-0.2 * unit, 0.2 * unit] } : {},
  });

const first = (ocp: Ocp, x: Vec): number[] =>
  Array.from(solveSqp(ocp, x, undefined, { tol: 1e-10 }).U.subarray(0, ocp.dynamics.nu));
const OFFSETS = [
  [0.1, -0.2],
  [-0.3, 0.1],
  [0.5, 0.6],
];

function answer(
  ocp: Ocp,
  x0: Vec,
  x: Vec,
  by: (prepared: PreparedFeedback, x: Vec, u: Vec) => unknown,
  guess?: SqpGuess,
): number[] {
  const u = new Float64Array(ocp.dynamics.nu);
  by(prepareFeedback(ocp, x0, guess, { tol: 1e-8 }), x, u);
  return Array.from(u);
}

/** @param tolerance as a share of the size of numbers, by default that of the largest expected one */
function expectClose(
  got: readonly number[],
  expected: readonly number[],
  tolerance: number,
  size = Math.max(...expected.map(Math.abs)),
): void {
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `u[${i}] ${value}, expected ${expected[i]}`).toBeLessThan(
      tolerance * size,
    );
  });
}

describe("a prepared feedback", () => {
  test("is the exact solution of a linear-quadratic problem, whatever the plan and the state", () => {
    const ocp = cart(false);
    const x0 = Float64Array.of(1, 0.3);
    for (const offset of OFFSETS) {
      const x = x0.map((value, i) => value + offset[i]);
      expectClose(answer(ocp, x0, x, feedback), first(ocp, x), 1e-8);
      expectClose(answer(ocp, x0, x, feedbackByQp), first(ocp, x), 1e-8);
    }
  });

  test("by another QP is exact too where bounds and rows come and go", () => {
    const ocp = cart(true);
    const x0 = Float64Array.of(1, 0.3);
    let clippedWrong = 0;
    for (const offset of [...OFFSETS, [-1, -0.3], [-0.9, -0.6]]) {
      const x = x0.map((value, i) => value + offset[i]);
      const exact = first(ocp, x);
      expectClose(answer(ocp, x0, x, feedbackByQp), exact, 1e-6, ocp.uUpper[0]);
      const clipped = answer(ocp, x0, x, feedback);
      clipped.forEach((u, i) => {
        expect(u).toBeGreaterThanOrEqual(ocp.uLower[i]);
        expect(u).toBeLessThanOrEqual(ocp.uUpper[i]);
      });
      clippedWrong = Math.max(clippedWrong, ...clipped.map((u, i) => Math.abs(u - exact[i])));
    }
    // The clipped one holds what was active for the expected state, which is what the other is for.
    expect(clippedWrong).toBeGreaterThan(1e-3);
  });

  test.each([feedback, feedbackByQp])("answers the same in any unit of controls and cost", (by) => {
    const [x0, x] = [Float64Array.of(1, 0.3), Float64Array.of(0.6, 0.1)];
    const expected = answer(cart(true), x0, x, by);
    for (const [unit, price] of [
      [1000, 1e-4],
      [1e-3, 1e5],
    ]) {
      const got = answer(cart(true, unit, price), x0, x, by).map((u) => u / unit);
      expectClose(got, expected, 1e-6);
    }
  });

  test("of a nonlinear problem has an error of second order in the offset", () => {
    for (const kind of ["free", "hard rows"] as const) {
      const ocp = steeredCar(kind);
      const plan = solveSqp(ocp, CAR_AT, CAR_GUESS, { tol: 1e-10 });
      const error = (size: number): number => {
        const x = CAR_AT.map((value, i) => value + size * [0.3, -0.2, 0.1, 0.4][i]);
        const exact = solveSqp(ocp, x, plan, { tol: 1e-10 });
        const u = answer(ocp, CAR_AT, x, feedback, plan);
        return Math.max(...u.map((value, i) => Math.abs(value - exact.U[i])));
      };
      const [large, small] = [error(0.04), error(0.02)];
      expect(large / small).toBeGreaterThan(3);
      expect(large / small).toBeLessThan(5.5);
    }
  });

  test("has a plan of no QP's step where the plan is optimal already", () => {
    const ocp = steeredCar("bounds");
    const plan = solveSqp(ocp, CAR_AT, CAR_GUESS, { tol: 1e-9 });
    const prepared = prepareFeedback(ocp, CAR_AT, plan, { tol: 1e-9 });
    expect(prepared).toMatchObject({ status: "solved", exact: true });
    expect(prepared.margin).toBeGreaterThan(100);
    expectClose(Array.from(prepared.plan.U), Array.from(plan.U), 1e-5);
  });

  test("holds the angle's shorter way round", () => {
    const ocp = { ...steeredCar("free"), angles: [2] };
    const turned = CAR_AT.map((value, i) => (i === 2 ? value + 2 * Math.PI : value));
    const plan = solveSqp(ocp, CAR_AT, CAR_GUESS, { tol: 1e-8 });
    const expected = answer(ocp, CAR_AT, CAR_AT, feedback, plan);
    expectClose(answer(ocp, CAR_AT, turned, feedback, plan), expected, 1e-9);
  });

  test("answers what is not finite with the plan's first control, or none, within the bounds", () => {
    const ocp = steeredCar("bounds");
    const nowhere = CAR_AT.map(() => Number.NaN);
    const u = new Float64Array(2);
    const prepared = prepareFeedback(ocp, CAR_AT, CAR_GUESS);
    expect(feedback(prepared, nowhere, u)).toBe(false);
    expect(u).toEqual(prepared.plan.U.subarray(0, 2));
    expect(feedbackByQp(prepared, nowhere, u)).toBe("nonFinite");
    const lost = prepareFeedback(ocp, nowhere, CAR_GUESS);
    expect(lost.status).toBe("nonFinite");
    expect(feedback(lost, CAR_AT, u)).toBe(false);
    expect([...u]).toEqual([0, 0]);
    expect(feedback(prepareFeedback(ocp, CAR_AT, new Float64Array(30).fill(Number.NaN)), CAR_AT, u)).toBe(
      false,
    );
    expect([...u]).toEqual([0, 0]);
  });
});

/** An upright pendulum: unstable, and nonlinear where it leans. */
const pendulum = (most: number) =>
  symbolicOcp({
    N: 25,
    dt: 0.05,
    states: ["angle", "rate"],
    controls: ["torque"],
    dynamics: ({ x, u }) => [x.rate, add(u.torque, mul(9.81, sin(x.angle)))],
    stageCost: ({ x, u }) => add(weightedSquares([5, 0.2], x), weightedSquares(0.05, u)),
    terminalCost: ({ x }) => weightedSquares([50, 5], x),
    bounds: { torque: [-most, most] },
  });

test.each([
  ["feedback", 100, feedback],
  ["another QP, at a bound", 7, feedbackByQp],
] as const)("one QP per tick and %s holds a pendulum up nearly as solves to the end do", (_, most, by) => {
  const ocp = pendulum(most);
  const workspace = createSqpWorkspace(ocp);
  const u = new Float64Array(1);
  let x: Vec = Float64Array.of(0.5, 0.3);
  let prepared = prepareFeedback(ocp, x, solveSqp(ocp, x), undefined, workspace);
  let [worst, open, held] = [0, 0, 0];
  for (let tick = 0; tick < 20; tick++) {
    const measured = x.map((value, i) => value + 0.02 * Math.sin(3 * tick + 2 * i));
    by(prepared, measured, u);
    const exact = solveSqp(ocp, measured, prepared.plan, { tol: 1e-8 }).U[0];
    if (Math.abs(u[0]) === most) held++;
    worst = Math.max(worst, Math.abs(u[0] - exact));
    open = Math.max(open, Math.abs(prepared.plan.U[0] - exact));
    const from = advancePlan(prepared, measured, u);
    x = from.x0;
    prepared = prepareFeedback(ocp, from.x0, from.guess, undefined, workspace);
  }
  expect(held > 0).toBe(most < 100);
  expect(worst).toBeLessThan(0.02 * open);
  expect(Math.abs(x[0])).toBeLessThan(0.2);
});
