import { describe, expect, it } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import { drive } from "../../src/drive/index.ts";
import { createGrid, createSimulator, getRobot, parseRobot, ROBOTS } from "../../src/sim/index.ts";
import { world } from "./runs.ts";

describe("latency", () => {
  // Each of these touched something where commands were planned from where the robot was.
  for (const [robot, family, seed, simulator] of [
    ["jackal", "cells", 7000, { delay_s: 0.2 }],
    ["jackal", "corridor", 7002, { lag_s: 0.3 }],
    ["f1tenth", "clutter", 7000, { delay_s: 0.2 }],
  ] as const) {
    it(`${JSON.stringify(simulator)}: takes a ${robot} through ${family}:${seed} without contact`, async () => {
      const { summary } = await drive({ ...world(family, seed, robot), sensor: "lidar", simulator });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.collisions).toBe(0);
    });
  }

  it("that is none changes nothing", async () => {
    const options = { ...world("rooms", 102), timeout_s: 4 };
    const [without, told] = [
      await drive(options),
      await drive({ ...options, latency: { delay: 0, lag: 0 } }),
    ];
    expect(told.simulator.state).toEqual(without.simulator.state);
  });

  it("of a robot's file is what the simulator does and the planner believes", async () => {
    const robot = parseRobot({ ...getRobot("jackal"), latency: { delay: 0.2 } });
    expect(robot.latency).toEqual({ delay: 0.2, lag: 0 });
    const options = { ...world("rooms", 102), timeout_s: 3 };
    const [filed, told] = [
      await drive({ ...options, robot }),
      await drive({ ...options, simulator: { delay_s: 0.2, lag_s: 0 } }),
    ];
    expect(filed.simulator.state).toEqual(told.simulator.state);
    const simulator = createSimulator({
      robot,
      grid: createGrid(100, 100, 0.05),
      start: { x: 2, y: 2, yaw: 0 },
      rng: createRng(1),
    });
    simulator.step({ kind: "drive", u: Float64Array.of(1, 0) }, 0.2);
    expect(simulator.state[3]).toBe(0);
  });

  it("is refused where it is none, by the name of what is wrong", () => {
    const file = { ...ROBOTS.jackal };
    expect(() => parseRobot({ ...file, latency: { delay: -0.1 } })).toThrow(/robot.latency.delay is -0.1/);
    expect(() => parseRobot({ ...file, latency: { lag: 3 } })).toThrow(/robot.latency.lag is 3.* 0 .. 2/);
    expect(() => parseRobot({ ...file, latency: { lags: 0.1 } })).toThrow(ConfigError);
  });
});
