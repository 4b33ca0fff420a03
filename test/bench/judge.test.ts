import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { isOptimal, judge, type Verdict } from "../../src/bench/ocp/judge.ts";
import { boundedLeastSquares, type Interval } from "../../src/bench/ocp/least-squares.ts";
import { scaleOcp } from "../../src/bench/ocp/scale-ocp.ts";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import { checkDerivatives, type OcpFunctions, rowList, withFiniteDifferences } from "../../src/ocp/index.ts";
import { ZOO, type ZooName } from "../../src/zoo/index.ts";

const CASES: readonly ZooName[] = ["pendulum", "turn90", "parallel-park", "car-among-discs", "truck-trailer"];

/** A point that slides to where x0 >= 1 and u <= 1 let it, for a cost that pulls to `pull`. */
function slide(pull: number): OcpFunctions {
  return {
    N: 1,
    dynamics: { nx: 1, nu: 1, step: (x, u, _k, out) => void out.fill(x[0] + u[0]) },
    stageCost: () => 0,
    terminalCost: (x) => (x[0] - pull) ** 2,
    rows: [{ count: 1, value: (x, _k, out) => void out.fill(x[0] - 1) }],
  };
}

/** Optimality of `min |b - sum y_i a_i|`: the gradient is zero, or an end of the interval holds against it. */
function expectLeastSquares(
  columns: readonly Float64Array[],
  b: Float64Array,
  intervals: readonly Interval[],
  y: Float64Array,
): void {
  const rest = b.map((v, j) => columns.reduce((r, a, i) => r - y[i] * a[j], v));
  columns.forEach((a, i) => {
    const slope = a.reduce((s, v, j) => s + v * rest[j], 0);
    const [least, most] = intervals[i];
    expect(y[i]).toBeGreaterThanOrEqual(least);
    expect(y[i]).toBeLessThanOrEqual(most);
    // More columns than entries make the normal equations singular; the ridge against that costs 1e-6.
    if (y[i] > least) expect(slope).toBeGreaterThan(-1e-6);
    if (y[i] < most) expect(slope).toBeLessThan(1e-6);
  });
}

test.each(CASES)("bears out the augmented Lagrangian's answer to %s, and nothing a little off it", (name) => {
  const { ocp, x0, guess, noise } = ZOO[name]();
  const { U } = solveAlIlqr(ocp, x0, guess);
  expect(isOptimal(judge(ocp, x0, U), 1e-3)).toBe(true);
  expect(isOptimal(judge(ocp, x0, guess), 1e-2)).toBe(false);
  const rng = createRng(2);
  const off = U.map((u, i) => u + 0.03 * noise[i % noise.length] * rng.gauss());
  expect(isOptimal(judge(ocp, x0, off), 1e-2)).toBe(false);
});

test("refuses a row that holds the solution back only with a multiplier of the wrong sign", () => {
  const at = (pull: number): Verdict =>
    judge(withFiniteDifferences(slide(pull)), Float64Array.of(0), Float64Array.of(1));
  // At x = 1 the row x >= 1 is active: pulled to 0 that is optimal, pulled to 3 it is not.
  expect(at(0).stationarity).toBeLessThan(1e-9);
  expect(at(3).stationarity).toBeCloseTo(1, 6);
});

test("names states that the controls do not lead to", () => {
  const { ocp, x0, guess } = ZOO.pendulum();
  const { U, X } = solveAlIlqr(ocp, x0, guess);
  expect(judge(ocp, x0, U, X).defect).toBe(0);
  const other = X.slice();
  other[20] += 0.1;
  expect(judge(ocp, x0, U, other).defect).toBeGreaterThan(0.01);
});

test("a control beyond its bound is a violation, in its own unit and as a share", () => {
  const { ocp, x0, guess } = ZOO.pendulum();
  const U = guess.slice();
  U[7] = 5.5;
  const { violation, infeasibility } = judge(ocp, x0, U);
  expect(violation).toBeCloseTo(0.5, 12);
  expect(infeasibility).toBeCloseTo(0.05, 12);
});

test("shares are the same in other units", () => {
  const scale = { cost: 2 ** -27, control: 2 ** 20, state: 2 ** -3, row: 2 ** -10 };
  for (const name of CASES) {
    const { ocp, x0, guess, noise } = ZOO[name]();
    const rng = createRng(4);
    const U = guess.map((u, i) => u + 0.1 * noise[i % noise.length] * rng.gauss());
    const own = judge(ocp, x0, U);
    const other = judge(
      scaleOcp(ocp, scale),
      x0.map((x) => x * scale.state),
      U.map((u) => u * scale.control),
    );
    for (const share of ["infeasibility", "stationarity", "complementarity", "defect"] as const)
      expect(other[share], name).toBeCloseTo(own[share], 6);
    expect(other.cost).toBe(own.cost * scale.cost);
  }
});

test("a problem in other units has the derivatives it claims", () => {
  const { ocp, x0 } = ZOO["car-among-discs"]();
  const scaled = scaleOcp(ocp, { cost: 8, control: 4, state: 2, row: 0.5 });
  expect(checkDerivatives(scaled, x0, createRng(5)).worst).toEqual([]);
});

test("least squares within intervals meet the conditions of their optimum", () => {
  const rng = createRng(6);
  for (let trial = 0; trial < 100; trial++) {
    const [n, m] = [1 + rng.int(12), 1 + rng.int(12)];
    const columns = Array.from({ length: n }, () => Float64Array.from({ length: m }, () => rng.gauss()));
    const b = Float64Array.from({ length: m }, () => rng.gauss());
    const kinds: readonly Interval[] = [
      [-Infinity, Infinity],
      [0, Infinity],
      [0, 0.3],
      [0.2, 0.2],
    ];
    const intervals = columns.map(() => kinds[rng.int(kinds.length)]);
    expectLeastSquares(columns, b, intervals, boundedLeastSquares(columns, b, intervals));
  }
});

test("a soft row may be violated at its price, neither cheaper nor dearer", () => {
  // x = 1 - v costs (x - 0)^2 + 0.5 v: the slope 2 x = 0.5 is paid at x = 0.25.
  const { rows, ...problem } = slide(0);
  const soft = { ...rowList(rows)[0], soft: { linear: 0.5, quadratic: 0 } };
  const ocp = withFiniteDifferences({ ...problem, rows: [soft] });
  const at = (x: number): Verdict => judge(ocp, Float64Array.of(0), Float64Array.of(x));
  expect(isOptimal(at(0.25), 1e-6)).toBe(true);
  expect(at(0.25).cost).toBeCloseTo(0.0625 + 0.375, 12);
  expect(at(0.25).violation).toBe(0);
  for (const x of [0.2, 0.3, 1, 1.2]) expect(isOptimal(at(x), 1e-2), String(x)).toBe(false);
});
