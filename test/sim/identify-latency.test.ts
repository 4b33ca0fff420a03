import { describe, expect, test } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  createGrid,
  createSimulator,
  getRobot,
  identifyLatency,
  type ResponseLog,
} from "../../src/sim/index.ts";

/** Commands that change now and then, and what a simulated Jackal's wheels do: 60 s at 20 Hz. */
function simulated(delay: number, lag: number, noise: number, seed: number): ResponseLog {
  const [n, period] = [1200, 0.05];
  const rng = createRng(seed);
  const simulator = createSimulator({
    robot: getRobot("jackal"),
    grid: createGrid(1, 1, 0.05, { x: 1e4, y: 1e4, yaw: 0 }),
    start: { x: 0, y: 0, yaw: 0 },
    rng,
    options: { delay_s: delay, lag_s: lag, measurement: { position: 0, yaw: 0, speed: noise } },
  });
  const log = {
    commands: "rate" as const,
    time: new Float64Array(n),
    command: new Float64Array(n),
    speed: new Float64Array(n),
  };
  let aim = 0;
  let now = 0;
  for (let k = 0; k < n; k++) {
    if (k % 12 === 0) aim = 1.6 * (rng.uniform() - 0.3);
    const u = Math.max(-2, Math.min(2, 3 * (aim - now)));
    now += period * u;
    log.time[k] = k * period;
    log.command[k] = u;
    log.speed[k] = simulator.measure()[3];
    simulator.step({ kind: "drive", u: Float64Array.of(u, 0) }, period);
  }
  return log;
}

/** Speeds that are commanded and followed by y' = (c(t - delay) - y) / lag, in closed form at each sample. */
function followed(delay: number, lag: number, noise: number, scale = 1): ResponseLog {
  const [n, period] = [800, 0.04];
  const rng = createRng(5);
  const steps = Array.from({ length: 40 }, (_, i) => ({ at: 0.8 * i, to: scale * rng.uniform() }));
  const valueAt = (t: number): number => {
    let y = 0;
    steps.forEach(({ at, to }, i) => {
      const s = t - at - delay;
      if (s > 0) y += (to - (steps[i - 1]?.to ?? 0)) * (1 - Math.exp(-s / lag));
    });
    return y;
  };
  const time = Float64Array.from({ length: n }, (_, k) => k * period);
  return {
    commands: "speed",
    time,
    command: time.map((t) => steps.findLast(({ at }) => at <= t + 1e-9)!.to),
    speed: time.map((t) => valueAt(t) + scale * noise * rng.gauss()),
  };
}

describe("the latency of a log", () => {
  test.each([
    [0.2, 0.1],
    [0.05, 0.3],
    [0.13, 0.02],
    [0, 0.15],
  ])("of simulated wheels with delay %d and lag %d is found to 5 ms without noise", (delay, lag) => {
    const found = identifyLatency(simulated(delay, lag, 0, 1));
    expect(found.delay).toBeCloseTo(delay, 2);
    expect(Math.abs(found.delay - delay)).toBeLessThanOrEqual(0.005);
    expect(Math.abs(found.lag - lag)).toBeLessThanOrEqual(0.005);
    expect(found.residual).toBeLessThan(0.02);
  });

  test("of speeds that follow in closed form is found, whatever their unit", () => {
    for (const scale of [1, 1000]) {
      const found = identifyLatency(followed(0.11, 0.18, 0, scale));
      expect(Math.abs(found.delay - 0.11)).toBeLessThanOrEqual(0.0026);
      expect(Math.abs(found.lag - 0.18)).toBeLessThanOrEqual(0.0026);
      expect(found.samples).toBe(800);
    }
  });

  test("under noise the truth lies within three deviations, and what a planner is given is seldom too much", () => {
    let above = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const { delay, lag, spread, cautious } = identifyLatency(simulated(0.15, 0.1, 0.05, seed));
      expect(Math.abs(delay + lag - 0.25)).toBeLessThan(3 * spread.total + 0.005);
      expect(cautious.delay + cautious.lag).toBeLessThanOrEqual(delay + lag);
      if (cautious.delay + cautious.lag > 0.25) above++;
    }
    // One-sided two deviations are exceeded in 1 of 44.
    expect(above).toBeLessThanOrEqual(1);
  }, 20_000);

  test("is found around what nobody knows the command of", () => {
    const log = followed(0.11, 0.18, 0.002);
    const command = log.command.slice();
    command.fill(Number.NaN, 300, 340);
    const found = identifyLatency({ ...log, command });
    expect(Math.abs(found.delay + found.lag - 0.29)).toBeLessThan(0.01);
    expect(found.samples).toBeLessThan(760);
  });

  test("is refused where there is none to be found", () => {
    const log = followed(0.1, 0.1, 0);
    const still = log.command.slice().fill(0);
    expect(() => identifyLatency({ ...log, command: still })).toThrow(
      /no command of the log changes a speed/,
    );
    expect(() => identifyLatency({ ...log, time: log.time.subarray(1) })).toThrow(ShapeError);
    const short = (a: Float64Array) => a.subarray(0, 50);
    const cut = { ...log, time: short(log.time), command: short(log.command), speed: short(log.speed) };
    expect(() => identifyLatency(cut)).toThrow(ConfigError);
  });
});
