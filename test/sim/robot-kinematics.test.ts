import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  bodyTwist,
  fastestState,
  getRobot,
  isStopped,
  linearSpeed,
  ROBOT_MODELS,
  ROBOTS,
  type Robot,
  robotBounds,
  robotDynamics,
  robotKinematics,
  topSpeed,
  YAW_INDEX,
  yawRate,
} from "../../src/sim/index.ts";

/** One robot of each model; a model without one fails here. */
const ROWS = ROBOT_MODELS.map((model) => {
  const robot: Robot | undefined = Object.values(ROBOTS).find((one) => one.model === model);
  if (robot === undefined) throw new Error(`no robot in the catalogue is of the model "${model}"`);
  return [model, robot] as const;
});

/** A state within the bounds, drawn. */
function stateOf(robot: Robot, seed: number): Float64Array {
  const rng = createRng(seed);
  const { boxIndex, xLower, xUpper } = robotBounds(robot);
  const x = Float64Array.from({ length: robotKinematics(robot).nx }, () => rng.uniform() - 0.5);
  boxIndex.forEach((at, i) => {
    x[at] = xLower[i] + (xUpper[i] - xLower[i]) * rng.uniform();
  });
  return x;
}

describe.each(ROWS)("the row of %s", (_, robot) => {
  const row = robotKinematics(robot);

  test("has the sizes of the dynamics, a name for each state and control, and limits that the robot has", () => {
    const { nx, nu } = robotDynamics(robot, 0.1);
    expect([row.nx, row.nu]).toEqual([nx, nu]);
    expect(new Set(row.stateNames).size).toBe(nx);
    expect(new Set(row.controlNames).size).toBe(nu);
    expect(row.stateNames[YAW_INDEX]).toBe("yaw");
    for (const { lowest, highest, rate } of row.axes)
      for (const name of [lowest ?? highest, highest, rate])
        expect(Object.keys(robot.limits)).toContain(name);
    for (const name of row.lengths) expect(Object.keys(robot)).toContain(name);
  });

  test("each control moves the state of its own axis and no other state after the pose", () => {
    const dynamics = robotDynamics(robot, 0.1);
    const x = stateOf(robot, 1);
    for (let i = 0; i < row.nu; i++) {
      const u = new Float64Array(row.nu);
      u[i] = 1;
      const next = new Float64Array(row.nx);
      dynamics.step(x, u, 0, next);
      for (let j = 3; j < row.nx; j++) expect(next[j] - x[j]).toBeCloseTo(j === 3 + i ? 0.1 : 0, 12);
    }
  });

  test("the twist is the pose's finite difference, turned into the body's axes", () => {
    const h = 1e-6;
    const dynamics = robotDynamics(robot, h);
    for (let seed = 0; seed < 20; seed++) {
      const x = stateOf(robot, seed);
      const next = new Float64Array(row.nx);
      dynamics.step(x, new Float64Array(row.nu), 0, next);
      const [vX, vY, w] = [0, 1, 2].map((i) => (next[i] - x[i]) / h);
      const c = Math.cos(x[2]);
      const s = Math.sin(x[2]);
      const twist = bodyTwist(robot, x);
      // error of a forward difference: h v w / 2 and rounding 1e-16 / h, together below 1e-5
      expect(twist.vx).toBeCloseTo(c * vX + s * vY, 4);
      expect(twist.vy).toBeCloseTo(c * vY - s * vX, 4);
      expect(twist.w).toBeCloseTo(w, 4);
      expect(Math.abs(linearSpeed(robot, x))).toBeCloseTo(Math.hypot(vX, vY), 4);
    }
  });

  test("turnFor drives the curvature that it is asked for", () => {
    const x = fastestState(robot);
    x[row.nx - 1] = row.turnFor(robot, 0.4, x[3]);
    expect(yawRate(robot, x)).toBeCloseTo(0.4 * x[3], 12);
  });

  test("it turns on the spot exactly when a state without speed can have a yaw rate", () => {
    const x = fastestState(robot);
    for (const [i, { motion }] of row.axes.entries())
      if (motion === "forward" || motion === "sideways") x[3 + i] = 0;
    expect(yawRate(robot, x) !== 0).toBe(row.turnsOnSpot);
  });

  test("any speed above the tolerance is not stopped; a steering angle alone is", () => {
    for (const [i, { motion }] of row.axes.entries()) {
      const x = new Float64Array(row.nx);
      x[3 + i] = -0.1;
      expect(isStopped(robot, x)).toBe(motion === "steering");
    }
    expect(topSpeed(robot)).toBe(fastestState(robot)[3]);
  });
});

test("an omni base gliding sideways has not stopped", () => {
  expect(isStopped(getRobot("omni"), Float64Array.of(0, 0, 0, 0, 0.3, 0))).toBe(false);
});
