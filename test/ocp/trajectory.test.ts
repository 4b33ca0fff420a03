import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/index.ts";
import {
  blocks,
  checkInitialState,
  clipControl,
  createTrajectory,
  isFiniteVec,
  type Ocp,
  rollout,
  stateDifference,
  totalCost,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";

/** x <- 2 x + u + k, cost (k + 1) u^2 + x, terminal 100 x. */
const ocp: Ocp = withFiniteDifferences({
  N: 3,
  dynamics: {
    nx: 1,
    nu: 1,
    step(x, u, k, out) {
      out[0] = 2 * x[0] + u[0] + k;
    },
  },
  stageCost: (x, u, k) => (k + 1) * u[0] ** 2 + x[0],
  terminalCost: (x) => 100 * x[0],
  uLower: Float64Array.of(-1),
  uUpper: Float64Array.of(2),
});

describe("rollout", () => {
  it("follows the dynamics stage by stage with clipped controls", () => {
    const t = createTrajectory(ocp);
    t.U.set([5, 1, -7]);
    expect(rollout(ocp, Float64Array.of(1), t)).toBe(true);
    expect([...t.U]).toEqual([2, 1, -1]);
    expect([...t.X]).toEqual([1, 4, 10, 21]);
  });

  it("says when a state is not finite", () => {
    const t = createTrajectory(ocp);
    expect(rollout(ocp, Float64Array.of(Number.NaN), t)).toBe(false);
    expect(rollout(ocp, Float64Array.of(1e308), t)).toBe(false);
    t.U[1] = Number.NaN;
    expect(rollout(ocp, Float64Array.of(1), t)).toBe(false);
  });
});

it("totalCost sums the stages and the terminal cost", () => {
  const t = createTrajectory(ocp);
  t.U.set([2, 1, -1]);
  rollout(ocp, Float64Array.of(1), t);
  expect(totalCost(ocp, t)).toBe(1 * 4 + 1 + (2 * 1 + 4) + (3 * 1 + 10) + 100 * 21);
});

it("createTrajectory has views of every stage on one array", () => {
  const t = createTrajectory({ N: 4, dynamics: { ...ocp.dynamics, nx: 3, nu: 2 } });
  expect([t.X.length, t.U.length, t.x.length, t.u.length]).toEqual([15, 8, 5, 4]);
  t.x[2][1] = 7;
  t.u[3][0] = 8;
  expect(t.X[7]).toBe(7);
  expect(t.U[6]).toBe(8);
});

it("blocks cuts an array into views, none of size zero", () => {
  const flat = Float64Array.of(1, 2, 3, 4);
  expect(blocks(flat, 2).map((b) => [...b])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(blocks(new Float64Array(0), 0)).toEqual([]);
});

it("clipControl holds each component within its bounds and passes on infinite ones", () => {
  const bounds = { uLower: Float64Array.of(-1, -Infinity, 0), uUpper: Float64Array.of(1, 5, Infinity) };
  const u = Float64Array.of(-3, -1e9, 1e9);
  clipControl(bounds, u, 3);
  expect([...u]).toEqual([-1, -1e9, 1e9]);
  u.set([3, 6, -2]);
  clipControl(bounds, u, 3);
  expect([...u]).toEqual([1, 5, 0]);
  const byStage = { uLower: Float64Array.of(-1, -2, -3, -4), uUpper: Float64Array.of(1, 2, 3, 4) };
  const v = Float64Array.of(-9, 9);
  clipControl(byStage, v, 1);
  expect([...v]).toEqual([-3, 4]);
});

it("stateDifference wraps angles and nothing else", () => {
  const out = new Float64Array(2);
  stateDifference([1], Float64Array.of(7, 3), Float64Array.of(0, -3), out);
  expect(out[0]).toBe(7);
  expect(out[1]).toBeCloseTo(6 - 2 * Math.PI, 14);
  stateDifference(undefined, Float64Array.of(7, 3), Float64Array.of(0, -3), out);
  expect([...out]).toEqual([7, 6]);
});

it("isFiniteVec finds NaN and both infinities, and takes large numbers and none", () => {
  expect(isFiniteVec(Float64Array.of(1e308, -1e308, 1e308))).toBe(true);
  expect(isFiniteVec(new Float64Array(0))).toBe(true);
  for (const bad of [Number.NaN, Infinity, -Infinity])
    expect(isFiniteVec(Float64Array.of(0, bad))).toBe(false);
});

it("checkInitialState names x0, its length and the one expected", () => {
  expect(() => checkInitialState(ocp, new Float64Array(2))).toThrow(
    new ShapeError("x0 has length 2, expected nx = 1"),
  );
});
