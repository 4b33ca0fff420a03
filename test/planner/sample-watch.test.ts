import { describe, expect, it } from "vitest";
import { jumpFault, type SensorSample, sampleFault, sampleLimits } from "../../src/planner/index.ts";
import {
  type Judgement,
  judgeSample,
  NEW_WATCH,
  type SampleWatch,
  trustAgain,
} from "../../src/planner/sample-watch.ts";
import {
  createGrid,
  getRobot,
  initialState,
  type OccupancyGrid,
  ROBOT_NAMES,
  type Robot,
  robotBounds,
  robotKinematics,
} from "../../src/sim/index.ts";

const robots = ROBOT_NAMES.map(getRobot);
const jackal = getRobot("jackal");
const ground = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
/** Enough for a way of some ten metres. */
const wide = createGrid(400, 100, 0.1, { x: -5, y: -5, yaw: 0 });

/** A sample of a robot at rest, with some of its state changed. */
function sampleOf(
  robot: Robot,
  time: number,
  change: Record<number, number> = {},
  grid = ground,
): SensorSample {
  const x = initialState(robot, { x: 0, y: 0, yaw: 0 });
  for (const [i, value] of Object.entries(change)) x[Number(i)] = value;
  return { time, x, grid };
}

/** Judges samples one after the other. */
function judgeAll(samples: readonly SensorSample[], robot = jackal, watch: SampleWatch = NEW_WATCH) {
  const limits = sampleLimits(robot);
  const made: Judgement[] = [];
  for (const sample of samples) {
    made.push(judgeSample(watch, sample, limits));
    watch = made[made.length - 1].watch;
  }
  return { made, watch, believed: made.map(({ sample }) => sample !== undefined) };
}

/** Twenty good samples of a robot that drives east with 1 m/s, and where they end. */
const drive = (from: number, to: number, stamp = (t: number): number => t): SensorSample[] =>
  Array.from({ length: Math.round((to - from) * 10) }, (_, k) => {
    const t = from + k / 10;
    return sampleOf(jackal, stamp(t), { 0: t, 3: 1 }, wide);
  });

describe("a sample by itself", () => {
  it("is refused for movers that nobody can be, with what is wrong of which", () => {
    const mover = { id: 1, x: 1, y: 2, vx: 0.5, vy: 0, radius: 0.3 };
    const refusal = (movers: unknown) =>
      sampleFault({ ...sampleOf(jackal, 0), movers } as SensorSample, sampleLimits(jackal));
    expect(refusal([])).toBeUndefined();
    expect(refusal([mover, { ...mover, id: 2, deviation: { place: 0.1, speed: 0.2 } }])).toBeUndefined();
    expect(refusal(7)).toMatch(/movers are 7, expected an array/);
    expect(refusal([mover, null])).toMatch(/mover 1 is null, expected an object/);
    expect(refusal([{ ...mover, x: Number.NaN }])).toMatch(/mover 0 has x NaN, expected a finite number/);
    expect(refusal([{ ...mover, y: undefined }])).toMatch(/has y undefined/);
    expect(refusal([{ ...mover, vy: 1e3 }])).toMatch(/has vy 1000, expected within/);
    expect(refusal([{ ...mover, radius: 0 }])).toMatch(/has radius 0, expected 0 < radius/);
    expect(refusal([{ ...mover, radius: 50 }])).toMatch(/has radius 50/);
    expect(refusal([{ ...mover, deviation: { place: -1, speed: 0 } }])).toMatch(/deviation.place -1/);
    expect(refusal(Array.from({ length: 1001 }, () => mover))).toMatch(/1001 movers, expected at most/);
  });

  it("is refused for any number that is none, by name, whatever the robot", () => {
    for (const robot of robots) {
      const { nx, stateNames } = robotKinematics(robot);
      expect(sampleFault(sampleOf(robot, 0), sampleLimits(robot))).toBeUndefined();
      for (let i = 0; i < nx; i++)
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1e300])
          expect(sampleFault(sampleOf(robot, 0, { [i]: value }), sampleLimits(robot))).toContain(
            stateNames[i],
          );
    }
  });

  it("is refused for a speed or a steering angle that is half as much again beyond the robot's limits", () => {
    for (const robot of robots) {
      const { boxIndex, xLower, xUpper } = robotBounds(robot);
      const { stateNames } = robotKinematics(robot);
      boxIndex.forEach((j, i) => {
        const fault = (value: number) => sampleFault(sampleOf(robot, 0, { [j]: value }), sampleLimits(robot));
        expect(fault(1.4 * xUpper[i])).toBeUndefined();
        expect(fault(1.6 * xUpper[i])).toContain(
          `${stateNames[j]} = ${1.6 * xUpper[i]}, expected ${xLower[i]} .. ${xUpper[i]}`,
        );
        expect(fault(xLower[i] - 0.6 * Math.max(xUpper[i], -xLower[i]))).toContain(robot.name);
      });
    }
  });

  it("is refused for its shape, in words, and nothing is thrown", () => {
    const x = sampleOf(jackal, 0).x;
    const grid = (change: object): OccupancyGrid => ({ ...ground, ...change });
    const cases: [unknown, RegExp][] = [
      [undefined, /the sample is undefined/],
      [null, /the sample is null/],
      [{ time: Number.NaN, x, grid: ground }, /time is NaN/],
      [{ time: "1", x, grid: ground }, /time is 1, expected finite/],
      [{ time: 0, grid: ground }, /state is undefined/],
      [{ time: 0, x: [0, 0, 0, 0, 0], grid: ground }, /expected a Float64Array/],
      [{ time: 0, x: new Float64Array(4), grid: ground }, /has 4 numbers, expected 5/],
      [{ time: 0, x }, /grid is undefined/],
      [{ time: 0, x, grid: null }, /grid is null/],
      [{ time: 0, x, grid: grid({ width: 0 }) }, /width is 0/],
      [{ time: 0, x, grid: grid({ height: 2.5 }) }, /height is 2.5/],
      [{ time: 0, x, grid: grid({ resolution: 0 }) }, /resolution is 0/],
      [{ time: 0, x, grid: grid({ resolution: -0.05 }) }, /resolution is -0.05/],
      [{ time: 0, x, grid: grid({ resolution: Number.NaN }) }, /resolution is NaN/],
      [{ time: 0, x, grid: grid({ origin: { x: Number.NaN, y: 0, yaw: 0 } }) }, /origin is {x: NaN/],
      [{ time: 0, x, grid: grid({ origin: undefined }) }, /origin is {x: undefined/],
      [
        { time: 0, x, grid: grid({ cells: new Int8Array(7) }) },
        /has 7 cells, expected an Int8Array of 200 x 200/,
      ],
      [{ time: 0, x, grid: grid({ cells: undefined }) }, /has undefined cells/],
      [
        { time: 0, x, grid: createGrid(4096, 2048, 0.01, { x: -5, y: -5, yaw: 0 }) },
        /expected at most 4194304/,
      ],
    ];
    for (const [sample, message] of cases)
      expect(sampleFault(sample as SensorSample, sampleLimits(jackal)), String(message)).toMatch(message);
  });

  it("is refused where its grid does not hold the robot, or the way that it needs to stop", () => {
    const fault = (change: Record<number, number>) =>
      sampleFault(sampleOf(jackal, 0, change), sampleLimits(jackal));
    expect(fault({ 0: 5.1 })).toMatch(/does not cover the robot \(5.10, 0.00\)/);
    expect(fault({ 0: 4.5 })).toBeUndefined();
    // 2 m/s with 2 m/s^2 takes 1 m
    expect(fault({ 0: 3.9, 3: 2 })).toBeUndefined();
    expect(fault({ 0: 4.1, 3: 2 })).toMatch(/does not cover the place where it can stop \(5.10, 0.00\)/);
    expect(fault({ 0: 4.1, 2: Math.PI, 3: 2 })).toBeUndefined();
  });
});

describe("a sample after others", () => {
  it("is believed, itself, where all is well", () => {
    const samples = drive(0, 2);
    const { made } = judgeAll(samples);
    expect(made.every(({ sample }, k) => sample === samples[k])).toBe(true);
  });

  it("is used with speeds within the limits", () => {
    const { made } = judgeAll([sampleOf(jackal, 0, { 3: 2.2 })]);
    expect(made[0].sample!.x[3]).toBe(2);
  });

  it("is refused while time stands still", () => {
    const frozen = Array.from({ length: 30 }, (_, k) => sampleOf(jackal, 1, { 0: k / 10, 3: 1 }));
    const { made, believed } = judgeAll(frozen);
    expect(believed.indexOf(false)).toBe(1);
    expect(believed.lastIndexOf(true)).toBe(0);
    expect(made[9].fault).toMatch(/time stands still at 1 s/);
  });

  it("is refused where its stamp alone is wrong, and the next is believed", () => {
    for (const wrong of [1e6, -1e6, 0, 1.65, 2.5e9]) {
      const samples = drive(0, 3);
      samples[20] = { ...samples[20], time: wrong };
      const { believed } = judgeAll(samples);
      expect(believed.map((yes, k) => (yes ? -1 : k)).filter((k) => k >= 0)).toEqual([20]);
    }
  });

  it("is never believed where stamps fall back by a second, until somebody says so", () => {
    const samples = [...drive(0, 2), ...drive(2, 8, (t) => t - 1)];
    const { made, believed, watch } = judgeAll(samples);
    expect(believed.lastIndexOf(true)).toBe(19);
    expect(made[20].fault).toMatch(/time 1 s is before the last one's 1.9 s/);
    expect(made[70].fault).toMatch(/1.00 s behind what they were/);
    const told = judgeAll(
      drive(8, 9, (t) => t - 1),
      jackal,
      trustAgain(watch),
    );
    expect(told.believed).toEqual(Array(10).fill(true));
  });

  it("is believed by a clock that was set, after three that agree, and its own time goes on", () => {
    for (const set of [-3600, 3600, -20]) {
      const samples = [...drive(0, 2), ...drive(2, 4, (t) => t + set)];
      const { made, believed } = judgeAll(samples);
      expect(believed.slice(18, 25)).toEqual([true, true, false, false, true, true, true]);
      expect(made[22].anew).toBe(true);
      const times = made.flatMap(({ sample }) => (sample === undefined ? [] : [sample.time]));
      for (let k = 1; k < times.length; k++) expect(times[k] - times[k - 1]).toBeCloseTo(0.1, 9);
    }
  });

  it("is refused where the robot would have to jump, and believed after three that agree", () => {
    const jumps: [number, number, RegExp][] = [
      [0, 3.6, /place jumps by 3/],
      [2, 2, /yaw jumps by 2.00 rad/],
    ];
    for (const [i, value, message] of jumps) {
      const there = Array.from({ length: 5 }, (_, k) => sampleOf(jackal, 2 + k / 10, { [i]: value }));
      const { made, believed } = judgeAll([sampleOf(jackal, 1.9), ...there]);
      expect(believed).toEqual([true, false, false, true, true, true]);
      expect(made[1].fault).toMatch(message);
      expect(made[3].anew).toBe(false);
    }
  });

  it("may have lost its speed at once, but not won it", () => {
    const stopped = judgeAll([sampleOf(jackal, 0, { 3: 2 }), sampleOf(jackal, 0.1)]);
    expect(stopped.believed).toEqual([true, true]);
    const started = judgeAll([sampleOf(jackal, 0, { 3: 0.1 }), sampleOf(jackal, 0.1, { 3: 1.9 })]);
    expect(started.believed).toEqual([true, false]);
    expect(started.made[1].fault).toMatch(/v jumps from 0.10 to 1.90 within 0.100 s/);
  });

  it("jumps or not whatever the unit of length is", () => {
    const lengths: Record<string, number> = { vMin: 1, vMax: 1, aMax: 1 };
    const [first, ...others] = [1, 1e-3, 1e3].map((scale) => {
      const limits = Object.fromEntries(
        Object.entries(jackal.limits).map(([name, value]) => [name, lengths[name] ? scale * value : value]),
      );
      const footprint = jackal.footprint.map(([x, y]) => [scale * x, scale * y] as const);
      const scaled = sampleLimits({ ...jackal, limits, footprint } as unknown as Robot);
      return [0, 0.2, 0.4, 0.6, 0.8, 1].map((x) => {
        const to = Float64Array.of(scale * x, 0, 0, scale * x, 0);
        return jumpFault(new Float64Array(5), to, 0.1, scaled) === undefined;
      });
    });
    expect(new Set(first)).toEqual(new Set([true, false]));
    for (const other of others) expect(other).toEqual(first);
  });
});
