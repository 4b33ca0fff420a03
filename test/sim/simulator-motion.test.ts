import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  type Command,
  getRobot,
  isStopped,
  ROBOT_NAMES,
  robotBounds,
  robotSizes,
} from "../../src/sim/index.ts";
import { drive, jackal, open, origin, simulate, stop } from "./simulate.ts";

describe("motion", () => {
  test("without lag, constant acceleration has its closed form", () => {
    const sim = simulate({ lag_s: 0 });
    for (let k = 0; k < 5; k++) sim.step(drive(1, 0), 0.1);
    expect(sim.time).toBeCloseTo(0.5, 12);
    expect(sim.state[3]).toBeCloseTo(0.5, 12);
    expect(sim.state[0]).toBeCloseTo(0.125, 12);
  });

  test("the lag is first order: v(t) = a (t - T (1 - exp(-t/T)))", () => {
    const T = 0.05;
    const sim = simulate({ lag_s: T });
    for (let k = 1; k <= 10; k++) {
      sim.step(drive(1, 0), 0.03);
      const t = 0.03 * k;
      // Simpson's rule on the exponential over 5 ms: error about (h/T)^4 / 2880 of a step
      expect(sim.state[3]).toBeCloseTo(t - T * (1 - Math.exp(-t / T)), 8);
    }
  });

  test("a circle at constant speed and yaw rate closes on itself", () => {
    const sim = simulate({}, jackal, open, Float64Array.of(0, 0, 0, 1, 1));
    for (let k = 0; k < 100; k++) sim.step(drive(0, 0), (2 * Math.PI) / 100);
    expect(sim.state[0]).toBeCloseTo(0, 8);
    expect(sim.state[1]).toBeCloseTo(0, 8);
    expect(sim.state[2]).toBeCloseTo(0, 8);
  });

  test("does not depend on how the time is cut into steps", () => {
    const whole = simulate();
    const cut = simulate();
    whole.step(drive(1.5, 3), 0.4);
    for (let k = 0; k < 8; k++) cut.step(drive(1.5, 3), 0.05);
    cut.state.forEach((v, i) => {
      expect(v).toBeCloseTo(whole.state[i], 12);
    });
  });

  test.each(ROBOT_NAMES)(
    "speeds and steering of %s stay inside their limits whatever is commanded",
    (name) => {
      const robot = getRobot(name);
      const { boxIndex, xLower, xUpper } = robotBounds(robot);
      const sim = simulate({ noise: { linear: 0.1, angular: 0.1 } }, robot);
      const rng = createRng(4);
      let fastest = 0;
      for (let k = 0; k < 300; k++) {
        const u = Float64Array.from({ length: robotSizes(robot).nu }, () => 40 * rng.gauss());
        sim.step({ kind: "drive", u }, 0.3 * rng.uniform());
        const x = sim.state;
        boxIndex.forEach((j, i) => {
          expect(x[j]).toBeGreaterThanOrEqual(xLower[i]);
          expect(x[j]).toBeLessThanOrEqual(xUpper[i]);
        });
        fastest = Math.max(fastest, x[3]);
        sim.displace(origin);
      }
      expect(fastest).toBe(xUpper[0]);
    },
  );

  test("a control beyond the limits acts like the limit", () => {
    const a = simulate();
    const b = simulate();
    a.step(drive(99, -99), 0.3);
    b.step(drive(2, -4), 0.3);
    expect(a.state).toEqual(b.state);
  });

  test("slip loses its share of the way, not of the wheel speed", () => {
    const start = Float64Array.of(0, 0, 0, 1, 0);
    const sim = simulate({ slip: 0.2 }, jackal, open, start);
    sim.step(drive(0, 0), 1);
    expect(sim.state[0]).toBeCloseTo(0.8, 12);
    expect(sim.state[3]).toBe(1);
  });

  test("a command delay shifts the run in time", () => {
    const prompt = simulate();
    const late = simulate({ delay_s: 0.1 });
    const commands = [drive(2, 0), drive(2, 4), drive(-1, -4), drive(0, 2)];
    late.step(commands[0], 0.1);
    expect(late.state).toEqual(Float64Array.of(0, 0, 0, 0, 0));
    for (let k = 0; k < 4; k++) {
      prompt.step(commands[k], 0.1);
      late.step(commands[k + 1] ?? stop, 0.1);
      late.state.forEach((v, i) => {
        expect(v).toBeCloseTo(prompt.state[i], 9);
      });
    }
  });
});

describe("stop", () => {
  test.each(ROBOT_NAMES)("brings %s to exact rest in v/a plus the lag, and keeps it there", (name) => {
    const robot = getRobot(name);
    const { boxIndex, xUpper, uUpper } = robotBounds(robot);
    const x = new Float64Array(robotSizes(robot).nx);
    boxIndex.forEach((j, i) => {
      x[j] = xUpper[i];
    });
    const sim = simulate({ noise: { linear: 0.05, angular: 0.05 } }, robot, open, x);
    const braked = robot.model === "bicycle" ? [0] : boxIndex.map((_, i) => i);
    const needed = Math.max(...braked.map((i) => xUpper[i] / uUpper[i])) + 0.03;
    const steps = Math.ceil(needed / 0.01);
    for (let k = 0; k < steps - 2; k++) sim.step(stop, 0.01);
    expect(isStopped(robot, sim.state, 0, 0)).toBe(false);
    for (let k = 0; k < 3; k++) sim.step(stop, 0.01);
    expect(isStopped(robot, sim.state, 0, 0)).toBe(true);
    const rest = sim.state;
    sim.step(stop, 1);
    expect(sim.state).toEqual(rest);
    if (robot.model === "bicycle") expect(rest[4]).toBe(xUpper[1]);
  });

  test("speed never changes sign on the way", () => {
    const sim = simulate({}, jackal, open, Float64Array.of(0, 0, 0, -0.4, 1.7));
    for (let k = 0; k < 200; k++) {
      sim.step(stop, 0.007);
      expect(sim.state[3]).toBeLessThanOrEqual(0);
      expect(sim.state[4]).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("commands that are not legal", () => {
  test.each([
    ["NaN", drive(Number.NaN, 0)],
    ["infinite", drive(0, Number.POSITIVE_INFINITY)],
    ["too long", drive(1, 1, 1)],
    ["too short", drive(1)],
    ["empty", {} as Command],
    ["missing", undefined as unknown as Command],
    ["of an unknown kind", { kind: "fly" } as unknown as Command],
    ["a plain array", { kind: "drive", u: [1, 1] } as unknown as Command],
  ])("%s: counted, and the robot brakes", (_, command) => {
    const sim = simulate({}, jackal, open, Float64Array.of(0, 0, 0, 1, 0.5));
    const stopped = simulate({}, jackal, open, Float64Array.of(0, 0, 0, 1, 0.5));
    sim.step(command, 0.3);
    stopped.step(stop, 0.3);
    expect(sim.state).toEqual(stopped.state);
    expect(sim.rejectedCommands).toBe(1);
    expect(stopped.rejectedCommands).toBe(0);
  });

  test("the caller may reuse the control's buffer", () => {
    const u = Float64Array.of(1, 0);
    const sim = simulate({ delay_s: 0.1, lag_s: 0 });
    sim.step({ kind: "drive", u }, 0.1);
    u.fill(Number.NaN);
    sim.step(stop, 0.1);
    expect(sim.state[3]).toBeCloseTo(0.1, 12);
  });
});
