import { expect, test } from "vitest";
import { type Plan, plannedTwist } from "../../src/planner/index.ts";
import { getRobot, robotDynamics, robotSizes } from "../../src/sim/index.ts";

/** A plan of 4 stages from constant controls. */
function planOf(name: string, u: readonly number[], x0: readonly number[]): Plan {
  const robot = getRobot(name);
  const { nx, nu } = robotSizes(robot);
  const [N, dt] = [4, 0.1];
  const X = new Float64Array((N + 1) * nx);
  const U = new Float64Array(N * nu);
  X.set(x0);
  for (let k = 0; k < N; k++) {
    U.set(u, k * nu);
    robotDynamics(robot, dt).step(
      X.subarray(k * nx, (k + 1) * nx),
      U.subarray(k * nu, (k + 1) * nu),
      k,
      X.subarray((k + 1) * nx, (k + 2) * nx),
    );
  }
  return { time: 3, dt, X, U, K: new Float64Array(N * nu * nx) };
}

test("between two stages a twist is the start velocity plus acceleration times time", () => {
  const jackal = planOf("jackal", [0.5, -2], [1, 2, 3, 0.4, 0.3]);
  const twist = plannedTwist(getRobot("jackal"), jackal, 0.15);
  expect(twist.vx).toBeCloseTo(0.4 + 0.5 * 0.15, 12);
  expect(twist.vy).toBe(0);
  expect(twist.w).toBeCloseTo(0.3 - 2 * 0.15, 12);
  const omni = planOf("omni", [0.5, -0.2, 1], [1, 2, 3, 0.1, 0.2, 0.3]);
  const sideways = plannedTwist(getRobot("omni"), omni, 0.3);
  expect(sideways.vx).toBeCloseTo(0.25, 12);
  expect(sideways.vy).toBeCloseTo(0.14, 12);
  expect(sideways.w).toBeCloseTo(0.6, 12);
});

test("a bicycle's twist turns with v tan(delta) / wheelbase", () => {
  const robot = getRobot("f1tenth");
  const twist = plannedTwist(robot, planOf("f1tenth", [1, 0.5], [0, 0, 0, 1, 0.1]), 0.2);
  expect(twist.vx).toBeCloseTo(1.2, 12);
  expect(twist.w).toBeCloseTo((1.2 * Math.tan(0.2)) / 0.3302, 12);
});

test("at its start a plan has the measured velocity, after its end the last one", () => {
  const robot = getRobot("jackal");
  const plan = planOf("jackal", [1, 0], [0, 0, 0, 0.2, 0.1]);
  expect(plannedTwist(robot, plan, 0)).toEqual({ vx: 0.2, vy: 0, w: 0.1 });
  expect(plannedTwist(robot, plan, 60).vx).toBeCloseTo(0.6, 12);
});

test("no plan means standstill, and a negative time is refused", () => {
  const robot = getRobot("jackal");
  expect(plannedTwist(robot, undefined, 0.1)).toEqual({ vx: 0, vy: 0, w: 0 });
  expect(() => plannedTwist(robot, undefined, Number.NaN)).toThrow("after is NaN, expected seconds >= 0");
});

test("a led command takes the place of the plan's first, and asks for no more than the robot can do", () => {
  const robot = getRobot("jackal");
  const plan = planOf("jackal", [0.5, 0], [0, 0, 0, 0.4, 0.1]);
  expect(plannedTwist(robot, plan, 0.05, Float64Array.of(1.5, -1))).toEqual({
    vx: expect.closeTo(0.4 + 1.5 * 0.05, 12),
    vy: 0,
    w: expect.closeTo(0.1 - 0.05, 12),
  });
  // One stage of the led command, then the plan's.
  expect(plannedTwist(robot, plan, 0.3, Float64Array.of(1.5, 0)).vx).toBeCloseTo(0.4 + 0.15 + 0.1, 12);
  expect(plannedTwist(robot, plan, 0.1, plan.U).vx).toBeCloseTo(plannedTwist(robot, plan, 0.1).vx, 12);
});
