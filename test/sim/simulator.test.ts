import { describe, expect, test } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/linalg/index.ts";
import {
  type Command,
  createGrid,
  createSimulator,
  footprintClearance,
  getRobot,
  isStopped,
  type OccupancyGrid,
  ROBOT_NAMES,
  type Robot,
  robotBounds,
  robotSizes,
  type Simulator,
  type SimulatorOptions,
} from "../../src/sim/index.ts";

const jackal = getRobot("jackal");
const open = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
const origin = { x: 0, y: 0, yaw: 0 };
const stop: Command = { kind: "stop" };
const drive = (...u: number[]): Command => ({ kind: "drive", u: Float64Array.from(u) });

function simulate(
  options: Partial<SimulatorOptions> = {},
  robot: Robot = jackal,
  grid: OccupancyGrid = open,
  start: Parameters<typeof createSimulator>[0]["start"] = origin,
): Simulator {
  return createSimulator({ robot, grid, start, rng: createRng(1), options });
}

/** The open grid with a wall one cell thick along x = at. */
function walled(at: number): OccupancyGrid {
  const grid = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
  const i = Math.round((at + 5) / 0.05);
  for (let j = 0; j < 200; j++) grid.cells[j * 200 + i] = 100;
  return grid;
}

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

describe("contact", () => {
  test("a wall one cell thick stops the robot at full speed, and it is held there", () => {
    const robot = getRobot("jackal");
    const sim = simulate({}, robot, walled(2), Float64Array.of(0, 0, 0, 2, 0));
    while (!sim.contact && sim.time < 3) sim.step(drive(2, 0), 0.1);
    expect(sim.contact).toBe(true);
    expect(sim.contacts).toBe(1);
    expect(sim.minClearance).toBe(0);
    expect(sim.clearance).toBe(0);
    // the front touches x = 2, at most one substep (1 cm) deep
    expect(sim.state[0] + 0.254).toBeGreaterThanOrEqual(2);
    expect(sim.state[0] + 0.254).toBeLessThanOrEqual(2.011);
    const held = sim.state;
    expect(Array.from(held.subarray(3))).toEqual([0, 0]);
    sim.step(drive(-2, 1), 0.5);
    expect(sim.state).toEqual(held);
    expect(sim.contacts).toBe(1);
  });

  test("a fast robot cannot tunnel through a thin post on a fine grid", () => {
    const grid = createGrid(600, 200, 0.01, { x: 0, y: -1, yaw: 0 });
    grid.cells[100 * 600 + 400] = 100;
    const speck: Robot = {
      name: "speck",
      model: "differential",
      source: "smaller than a substep at full speed",
      footprint: [
        [-0.005, -0.005],
        [0.005, -0.005],
        [0.005, 0.005],
        [-0.005, 0.005],
      ],
      limits: { vMin: 0, vMax: 10, wMax: 1, aMax: 1, alphaMax: 1 },
    };
    const sim = simulate({}, speck, grid, Float64Array.of(0.025, 0.005, 0, 10, 0));
    sim.step(drive(0, 0), 0.5);
    expect(sim.contact).toBe(true);
  });

  test("displacing the robot into free space lets it drive again, and the count stays", () => {
    const sim = simulate({}, jackal, walled(2), Float64Array.of(0, 0, 0, 2, 0));
    sim.step(drive(2, 0), 2);
    expect(sim.contact).toBe(true);
    sim.displace(origin);
    expect(sim.contact).toBe(false);
    expect(sim.contacts).toBe(1);
    sim.step(drive(2, 0), 0.2);
    expect(sim.state[0]).toBeGreaterThan(0.01);
    sim.displace({ x: 2, y: 0, yaw: 0 });
    expect(sim.contacts).toBe(2);
    expect(sim.state[3]).toBe(0);
  });

  test("a change of the map under the robot is judged at once", () => {
    const sim = simulate();
    sim.setGrid(walled(0.1));
    expect(sim.contact).toBe(true);
    sim.setGrid(open);
    expect(sim.contact).toBe(false);
    expect(sim.contacts).toBe(1);
  });

  test("a start inside an obstacle is contact at time 0", () => {
    expect(simulate({}, jackal, walled(0)).contact).toBe(true);
  });
});

describe("clearance", () => {
  test("the minimum equals the smallest distance at every substep of the same run", () => {
    const grid = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
    const rng = createRng(17);
    for (let n = 0; n < 60; n++) {
      const i = rng.int(200);
      const j = rng.int(200);
      if (Math.hypot(i - 100, j - 100) > 14) grid.cells[j * 200 + i] = 100;
    }
    for (let run = 0; run < 6; run++) {
      const sim = simulate({ lag_s: 0 }, jackal, grid);
      const watch = simulate({ lag_s: 0 }, jackal, grid);
      let smallest = Math.min(5, footprintClearance(jackal, watch.pose, grid));
      const h = 0.1 / 20;
      for (let k = 0; k < 60; k++) {
        const command = drive(rng.gauss(), 2 * rng.gauss());
        sim.step(command, 0.1);
        for (let s = 0; s < 20; s++) {
          watch.step(command, h);
          smallest = Math.min(smallest, footprintClearance(jackal, watch.pose, grid));
        }
      }
      expect(sim.minClearance).toBeCloseTo(smallest, 9);
      expect(sim.contact).toBe(smallest === 0);
    }
  });

  test("in the open it is the range that was looked at", () => {
    const sim = simulate({ clearanceRange_m: 3 });
    sim.step(drive(1, 1), 1);
    expect(sim.clearance).toBe(3);
    expect(sim.minClearance).toBe(3);
  });
});

describe("randomness", () => {
  const rough = {
    noise: { linear: 0.1, angular: 0.2 },
    slip: 0.05,
    measurement: { position: 0.02, yaw: 0.01, speed: 0.05 },
  };
  const run = (seed: number, measured: boolean): Float64Array => {
    const sim = createSimulator({
      robot: jackal,
      grid: open,
      start: origin,
      rng: createRng(seed),
      options: rough,
    });
    for (let k = 0; k < 20; k++) {
      sim.step(drive(1, 0.5), 0.1);
      if (measured) sim.measure();
    }
    return sim.state;
  };

  test("the same seed gives the same bytes, another seed another run", () => {
    expect(run(3, false)).toEqual(run(3, false));
    expect(run(3, false)).not.toEqual(run(4, false));
  });

  test("measuring does not change the motion", () => {
    expect(run(3, true)).toEqual(run(3, false));
  });

  test("measurement noise has the deviations asked for, and none by default", () => {
    const sim = createSimulator({
      robot: jackal,
      grid: open,
      start: origin,
      rng: createRng(9),
      options: rough,
    });
    const squares = new Float64Array(5);
    const n = 4000;
    for (let k = 0; k < n; k++) {
      sim.measure().forEach((v, i) => {
        squares[i] += v * v;
      });
    }
    [0.02, 0.02, 0.01, 0.05, 0.05].forEach((deviation, i) => {
      // the sample deviation of n normals is off by 1/sqrt(2n) = 1.1%: five of those
      expect(Math.abs(Math.sqrt(squares[i] / n) / deviation - 1)).toBeLessThan(0.056);
    });
    const quiet = simulate();
    expect(quiet.measure()).toEqual(quiet.state);
  });

  test("the disturbance has the deviation asked for", () => {
    const sim = createSimulator({
      robot: jackal,
      grid: createGrid(10, 10, 0.05, { x: 1e6, y: 0, yaw: 0 }),
      start: Float64Array.of(0, 0, 0, 1, 0),
      rng: createRng(6),
      options: { noise: { linear: 0.1, angular: 0 } },
    });
    let sum = 0;
    let squares = 0;
    const n = 4000;
    let last = sim.state[0];
    for (let k = 0; k < n; k++) {
      sim.step(drive(0, 0), 0.005);
      const error = (sim.state[0] - last) / 0.005 - 1;
      last = sim.state[0];
      sum += error;
      squares += error * error;
    }
    // correlated over 0.2 s: 20 s hold about 50 independent samples
    expect(Math.sqrt(squares / n)).toBeGreaterThan(0.07);
    expect(Math.sqrt(squares / n)).toBeLessThan(0.13);
    expect(Math.abs(sum / n)).toBeLessThan(0.06);
  });
});

describe("its surface", () => {
  test("the state handed out is a copy", () => {
    const sim = simulate();
    sim.state.fill(9);
    sim.measure().fill(9);
    expect(sim.state).toEqual(new Float64Array(5));
  });

  test("history holds the start and every step where asked for", () => {
    const sim = simulate({ history: true });
    sim.step(drive(1, 0), 0.1);
    sim.step(drive(1, 0), 0.1);
    expect(sim.history.map((h) => h.time)).toEqual([0, 0.1, 0.2]);
    expect(sim.history[2].state).toEqual(sim.state);
    expect(simulate().history).toHaveLength(0);
  });

  test("displacing to a pose keeps the speeds and wraps the yaw", () => {
    const sim = simulate({}, jackal, open, Float64Array.of(0, 0, 0, 1, 0.5));
    sim.displace({ x: 1, y: 2, yaw: 7 });
    expect(Array.from(sim.state)).toEqual([1, 2, 7 - 2 * Math.PI, 1, 0.5]);
  });

  test("illegal options, starts and durations are refused", () => {
    for (const options of [
      { lag_s: -1 },
      { delay_s: Number.NaN },
      { slip: 1 },
      { substep_s: 0.1 },
      { noise: { linear: -1, angular: 0 } },
      { measurement: { position: Number.NaN, yaw: 0, speed: 0 } },
    ]) {
      expect(() => simulate(options)).toThrow(ConfigError);
    }
    expect(() => simulate({}, jackal, open, { x: Number.NaN, y: 0, yaw: 0 })).toThrow(ConfigError);
    expect(() => simulate({}, jackal, open, Float64Array.of(0, 0, 0))).toThrow(ShapeError);
    expect(() => simulate({}, jackal, open, Float64Array.of(0, 0, 0, 5, 0))).toThrow(
      /state\[3\] is 5, expected -0.5 .. 2/,
    );
    expect(() => simulate().step(stop, -1)).toThrow(ConfigError);
    expect(() => simulate().step(stop, Number.NaN)).toThrow(ConfigError);
    expect(() => simulate().displace({ x: 0, y: 0, yaw: Number.NaN })).toThrow(ConfigError);
  });
});
