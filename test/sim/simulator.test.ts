import { describe, expect, test } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import { createGrid, createSimulator } from "../../src/sim/index.ts";
import { drive, jackal, open, origin, simulate, stop } from "./simulate.ts";

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
