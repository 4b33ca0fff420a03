import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  commandLead,
  createPredictor,
  leadCommand,
  rollThrough,
  type SentCommand,
} from "../../src/planner/predict.ts";
import type { SensorSample } from "../../src/planner/scene.ts";
import {
  type Command,
  createDriveTrain,
  createGrid,
  createSimulator,
  getRobot,
  initialState,
  type Robot,
  robotBounds,
  robotSizes,
} from "../../src/sim/index.ts";

const grid = createGrid(400, 400, 0.05, { x: -10, y: -10, yaw: 0 });
const jackal = getRobot("jackal");
const PERIOD = 0.1;

const trainOf = (robot: Robot, lag: number) =>
  createDriveTrain(robot, { lag_s: lag, slip: 0, noise: { linear: 0, angular: 0 } }, createRng(0));
const sampleAt = (time: number, x: Float64Array): SensorSample => ({ time, x, grid });
const driveBy = (...u: number[]): Command => ({ kind: "drive", u: Float64Array.from(u) });
const expectNear = (x: Float64Array, y: Float64Array, digits: number): void =>
  x.forEach((value, i) => {
    expect(value, `x[${i}]`).toBeCloseTo(y[i], digits);
  });

/** Random commands, a stop among them, for a simulated robot: its states, and what was sent. */
function randomRun(robot: Robot, delay: number, lag: number, ticks: number) {
  const rng = createRng(3);
  const start = { x: 0, y: 0, yaw: 0.3 };
  const options = { delay_s: delay, lag_s: lag };
  const simulator = createSimulator({ robot, grid, start, rng: createRng(1), options });
  const { uUpper } = robotBounds(robot);
  const states = [simulator.state];
  const commands: Command[] = [];
  for (let k = 0; k < ticks; k++) {
    const stops = k % 9 === 8;
    commands.push(stops ? { kind: "stop" } : { kind: "drive", u: uUpper.map((u) => u * rng.gauss()) });
    simulator.step(commands[k], PERIOD);
    states.push(simulator.state);
  }
  return { states, commands };
}

describe("prediction", () => {
  test.each(["jackal", "f1tenth", "omni"])(
    "rolled through what was sent, a %s is where the simulator is",
    (name) => {
      const robot = getRobot(name);
      for (const [delay, lag] of [
        [0.2, 0.15],
        [0.25, 0.03],
        [0, 0.3],
      ]) {
        const { states, commands } = randomRun(robot, delay, lag, 30);
        const sent: SentCommand[] = commands.map((c, k) => ({
          at: PERIOD * k + delay,
          u: c.kind === "drive" ? c.u : "brake",
        }));
        const train = trainOf(robot, lag);
        const x = states[0].slice();
        rollThrough(train, sent, x, 0, 17 * PERIOD);
        // The same integrator in the same steps, up to the rounding of times.
        expectNear(x, states[17], 9);
        rollThrough(train, sent, x, 17 * PERIOD, 30 * PERIOD);
        expectNear(x, states[30], 9);
      }
    },
  );

  test.each(["jackal", "f1tenth", "omni"])(
    "a sample of a %s is moved on to where it is when its answer acts",
    (name) => {
      const robot = getRobot(name);
      const { states, commands } = randomRun(robot, 0.2, 0, 30);
      const predictor = createPredictor(robot, { delay: 0.2, lag: 0 }, PERIOD);
      for (let k = 0; k < 28; k++) {
        const sample = sampleAt(PERIOD * k, states[k]);
        const ahead = predictor.ahead(sample);
        expect(ahead.time).toBeCloseTo(PERIOD * k + 0.2, 12);
        // What is sent now acts at that moment, and no earlier.
        expectNear(ahead.x, states[k + 2], 9);
        expect(predictor.send(sample, commands[k])).toEqual(commands[k]);
      }
    },
  );

  test("behind delay and lag the speed is a (s - T + T exp(-s/T)), and one lag more adds what the effort adds in it", () => {
    const [delay, lag, a] = [0.15, 0.4, 1.2];
    const predictor = createPredictor(jackal, { delay, lag }, PERIOD);
    const lead = commandLead(lag, PERIOD);
    // Told 1.2 once and for all, at rest: the first command is led, later ones are asked for as they are.
    const first = sampleAt(0, initialState(jackal, { x: 0, y: 0, yaw: 0 }));
    predictor.ahead(first);
    const told = predictor.send(first, driveBy(a / lead, 0));
    expect(told.kind === "drive" && told.u[0]).toBeCloseTo(a, 12);
    const ahead = predictor.ahead({ ...first, time: 0, age: 0.3 });
    const s = 0.3;
    const v = a * (s - lag + lag * Math.exp(-s / lag));
    const effort = a * (1 - Math.exp(-s / lag));
    // Simpson's rule on the exponential over 5 ms: error about (h/T)^4 / 2880 of a step.
    expect(ahead.x[3]).toBeCloseTo(v + (lag / lead) * effort, 8);
    expect(ahead.time).toBeCloseTo(0.3 + delay + lag / lead, 12);
  });

  test("the age of a sample counts as delay does", () => {
    const x = Float64Array.of(0, 0, 0.2, 0.8, 0.5);
    const young = createPredictor(jackal, { delay: 0.25, lag: 0.1 }, PERIOD);
    const old = createPredictor(jackal, { delay: 0.1, lag: 0.1 }, PERIOD);
    const [a, b] = [young.ahead(sampleAt(1, x)), old.ahead({ ...sampleAt(1, x), age: 0.15 })];
    expectNear(a.x, b.x, 9);
    expect(a.time).toBeCloseTo(b.time, 12);
  });

  test("what a late answer said is in force, and not the plan that came after it", () => {
    const x = Float64Array.of(0, 0, 0, 1, 0);
    const predictions = ["late", "plan first", "never planned"].map((order) => {
      const predictor = createPredictor(jackal, { delay: 0.1, lag: 0 }, PERIOD);
      const sample = sampleAt(0, x);
      predictor.ahead(sample);
      if (order === "plan first") predictor.send(sample, driveBy(2, 1));
      predictor.send(sample, driveBy(-1, 0), true);
      if (order === "late") predictor.send(sample, driveBy(2, 1));
      return predictor.ahead(sampleAt(0.1, x)).x;
    });
    expect(predictions[0][3]).toBeCloseTo(0.9, 9);
    expectNear(predictions[1], predictions[0], 12);
    expectNear(predictions[2], predictions[0], 12);
  });

  test("after a clock was set back a late answer of before rules out none of the new ones", () => {
    const predictor = createPredictor(jackal, { delay: 0.1, lag: 0 }, PERIOD);
    const late = sampleAt(100, initialState(jackal, { x: 0, y: 0, yaw: 0 }));
    predictor.ahead(late);
    predictor.send(late, { kind: "stop" }, true);
    const first = sampleAt(1, initialState(jackal, { x: 0, y: 0, yaw: 0 }));
    predictor.ahead(first);
    predictor.send(first, driveBy(1, 0));
    const x = predictor.ahead(sampleAt(1.2, Float64Array.of(0, 0, 0, 0.1, 0))).x;
    expect(x[3]).toBeCloseTo(0.2, 9); // 1 m/s^2 for the delay, and no brake
  });

  test("time that goes back begins anew", () => {
    const x = Float64Array.of(0, 0, 0, 0.5, 0);
    const predictor = createPredictor(jackal, { delay: 0.1, lag: 0.05 }, PERIOD);
    const fresh = createPredictor(jackal, { delay: 0.1, lag: 0.05 }, PERIOD).ahead(sampleAt(1, x));
    predictor.ahead(sampleAt(5, x));
    predictor.send(sampleAt(5, x), driveBy(2, 1));
    expectNear(predictor.ahead(sampleAt(1, x)).x, fresh.x, 12);
  });
});

describe("lead", () => {
  test("led at every moment, actuators follow with the lag divided by the lead", () => {
    const [lag, lead, u] = [0.4, 2, 1];
    const train = trainOf(jackal, lag);
    const x = initialState(jackal, { x: 0, y: 0, yaw: 0 });
    const h = 1e-4;
    for (let t = 0; t < 0.3 - h / 2; t += h)
      train.advance(x, leadCommand(jackal, Float64Array.of(u, 0), train.effort, lead), h);
    // Held for 1e-4 s each: the error is of the order h / lag.
    expect(train.effort[0]).toBeCloseTo(u * (1 - Math.exp((-0.3 * lead) / lag)), 3);
  });

  test("a command that is held never makes them do more than was planned, whatever the lag", () => {
    for (const lag of [0, 0.001, 0.03, 0.1, 0.3, 1]) {
      const lead = commandLead(lag, PERIOD);
      expect(lead).toBeGreaterThanOrEqual(1);
      const train = trainOf(jackal, lag);
      const { nu } = robotSizes(jackal);
      train.effort.set(new Float64Array(nu).fill(-0.2));
      const planned = Float64Array.of(0.3, 0.3);
      const told = leadCommand(jackal, planned, train.effort, lead);
      const x = initialState(jackal, { x: 0, y: 0, yaw: 0 });
      for (let k = 0; k < 20; k++) train.advance(x, told, PERIOD / 20);
      for (const effort of train.effort) expect(effort).toBeLessThanOrEqual(0.3 + 1e-12);
    }
  });

  test("a stop that others sent while no sample came counts, so that it is where the simulator is", () => {
    const options = { delay_s: 0.3, lag_s: 0 };
    const start = { x: 0, y: 0, yaw: 0 };
    const simulator = createSimulator({ robot: jackal, grid, start, rng: createRng(1), options });
    const predictor = createPredictor(jackal, { delay: 0.3, lag: 0 }, PERIOD);
    for (let k = 0; k < 8; k++) {
      const sample = sampleAt(simulator.time, simulator.state);
      predictor.ahead(sample);
      simulator.step(predictor.send(sample, driveBy(1, 0)), PERIOD);
    }
    simulator.step(driveBy(1, 0), 0.2);
    predictor.stopped(0.3);
    simulator.step({ kind: "stop" }, 0.2);
    const ahead = predictor.ahead(sampleAt(simulator.time, simulator.state));
    expect(simulator.state[3]).toBeGreaterThan(0.5);
    simulator.step({ kind: "stop" }, 0.3);
    expectNear(ahead.x, simulator.state, 3);
  });

  test("a sample that its owner fills anew, with another time, is predicted anew", () => {
    const predictor = createPredictor(jackal, { delay: 0.2, lag: 0 }, PERIOD);
    const x = initialState(jackal, { x: 0, y: 0, yaw: 0 });
    const sample = { time: 0, x, grid };
    expect(predictor.ahead(sample).time).toBeCloseTo(0.2, 12);
    sample.time = 0.1;
    sample.x = x.with(0, 3);
    expect(predictor.ahead(sample).time).toBeCloseTo(0.3, 12);
    expect(predictor.ahead(sample).x[0]).toBeCloseTo(3, 12);
  });

  test("no command leaves the limits", () => {
    const { uUpper } = robotBounds(jackal);
    const told = leadCommand(
      jackal,
      uUpper,
      uUpper.map((u) => -u),
      2,
    );
    expect(Array.from(told)).toEqual(Array.from(uUpper));
  });
});

test("movers are moved on to the moment the command acts, as the robot is", () => {
  const predictor = createPredictor(jackal, { delay: 0.2, lag: 0 }, PERIOD);
  const mover = { id: 3, x: 2, y: 1, vx: -1, vy: 0.5, radius: 0.3 };
  const x = initialState(jackal, { x: 0, y: 0, yaw: 0 });
  const ahead = predictor.ahead({ time: 5, age: 0.1, x, grid, movers: [mover] });
  expect(ahead.time).toBeCloseTo(5.3, 9);
  expect(ahead.movers?.[0].x).toBeCloseTo(1.7, 9);
  expect(ahead.movers?.[0].y).toBeCloseTo(1.15, 9);
  expect(predictor.ahead({ time: 5.1, x, grid })).not.toHaveProperty("movers");
});
