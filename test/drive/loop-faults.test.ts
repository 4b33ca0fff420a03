import { describe, expect, it } from "vitest";
import type { SensorSample } from "../../src/planner/index.ts";
import { createGrid, type OccupancyGrid, UNKNOWN } from "../../src/sim/index.ts";
import { room } from "../planner/scenes.ts";
import { type RigInputs, type RigOptions, runRig, twoGaps } from "./loop-rig.ts";

const hall = room(12, 4);
const east: RigOptions = {
  world: hall,
  start: { x: 1.5, y: 2, yaw: 0 },
  goal: { x: 10.5, y: 2 },
  seconds: 6,
};
const FROM = 15;

/** A fault that begins in the middle of the way. */
const from = (change: (sample: SensorSample) => SensorSample) => (sample: SensorSample, tick: number) =>
  tick < FROM ? sample : change(sample);

describe("a robot whose samples go wrong on its way", () => {
  let kept: SensorSample | undefined;
  const faults: [string, (sample: SensorSample) => SensorSample, RegExp][] = [
    ["the same sample again", (s) => (kept ??= { ...s, x: s.x.slice() }), /time stands still/],
    [
      "a grid a kilometre away",
      (s) => ({ ...s, grid: { ...s.grid, origin: { ...s.grid.origin, y: 1000 } } }),
      /grid does not cover the robot/,
    ],
    ["stamps a second old", (s) => ({ ...s, time: s.time - 1 }), /before the last|behind what they were/],
    ["stamps that are NaN", (s) => ({ ...s, time: Number.NaN }), /time is NaN/],
    ["a state of NaN", (s) => ({ ...s, x: s.x.map(() => Number.NaN) }), /holds NaN/],
    [
      "a turn rate of 1e9",
      (s) => ({ ...s, x: s.x.map((v, i) => (i === 4 ? 1e9 : v)) }),
      /w = 1000000000, expected -2 .. 2/,
    ],
    [
      "cells that are missing",
      (s) => ({ ...s, grid: { ...s.grid, cells: new Int8Array(3) } }),
      /has 3 cells/,
    ],
  ];

  it.each(faults)("%s: it is stopped at once, and told why", async (_, change, note) => {
    const { reports, metres, simulator } = await runRig({ ...east, sample: from(change) });
    const after = reports.slice(FROM + 1);
    expect(after.length).toBeGreaterThan(20);
    for (const report of after) {
      expect(report.command).toEqual({ kind: "stop" });
      expect(report.phase).toBe("fault");
      expect(report.note).toMatch(note);
    }
    expect(simulator.state[3]).toBe(0);
    expect(metres).toBeLessThan(3.5);
  });

  it("one bad sample stops it for one period, and it arrives", async () => {
    const sample = (s: SensorSample, tick: number): SensorSample =>
      tick % 7 === 3 ? { ...s, x: s.x.map((v) => v + 1e3) } : s;
    const { last, reports } = await runRig({ ...east, sample, seconds: 60 });
    expect(last.phase).toBe("arrived");
    reports.forEach(({ command }, tick) => {
      if (tick % 7 === 3) expect(command.kind).toBe("stop");
    });
  });

  const stamps: [string, (t: number) => number, RegExp][] = [
    ["good", (t) => t, /no progress after/],
    ["of another day", (t) => 1.7e9 + t, /no progress after/],
    ["set back once", (t) => (t > 1 ? t - 100 : t), /no progress after/],
    ["a loop of a record", (t) => t % 6, /no progress after/],
    ["standing still", () => 7, /time stands still/],
    ["NaN", () => Number.NaN, /time is NaN/],
  ];
  it.each(stamps)(
    "wheels that are blocked are noticed, or the stamps refused: %s",
    async (_, stamp, note) => {
      const { last, driven } = await runRig({ ...east, frozen: true, seconds: 12, stamp });
      expect(last.note).toMatch(note);
      expect(driven).toBeLessThan(80);
    },
  );
});

describe("what is sent again is no new start", () => {
  it("a goal, a map and a pause that ended: a stall is noticed as soon as without them", async () => {
    const frozen = { ...east, frozen: true, seconds: 12 };
    const alone = await runRig(frozen);
    const again = (tick: number, inputs: RigInputs): void => {
      if (tick === 0 || tick % 10 > 0) return;
      inputs.goal$.next({ ...east.goal });
      inputs.map$.next({ ...hall, cells: hall.cells.slice() });
      inputs.pause$.next(false);
    };
    const repeated = await runRig({ ...frozen, each: again });
    expect(alone.last.phase).toBe("stuck");
    expect(repeated.last.phase).toBe("stuck");
    expect(repeated.time).toBeCloseTo(alone.time, 6);
  });

  it("a map that changes a little every second does not hide a stall either", async () => {
    const change = (tick: number, { map$ }: RigInputs): void => {
      if (tick === 0 || tick % 10 > 0) return;
      const cells = hall.cells.slice();
      cells[hall.width * 3 + tick / 10 + 3] = 100;
      map$.next({ ...hall, cells });
    };
    const { last, time } = await runRig({ ...east, frozen: true, seconds: 20, each: change });
    expect(last.phase).toBe("stuck");
    expect(time).toBeLessThan(12);
  });
});

describe("a map that comes again", () => {
  const { map, world } = twoGaps();
  const drive: RigOptions = {
    world,
    map,
    start: { x: 1.5, y: 2.2, yaw: 0 },
    goal: { x: 6.5, y: 2.2 },
    seconds: 40,
  };
  /** The same ground on another raster: more of it, from another corner, unknown where the map ends. */
  const grown = (by: number): OccupancyGrid => {
    const [width, height] = [map.width + 2 * by, map.height + 2 * by];
    const more = createGrid(width, height, 0.05, { x: -0.05 * by, y: -0.05 * by, yaw: 0 }, UNKNOWN);
    for (let j = 0; j < map.height; j++)
      more.cells.set(map.cells.subarray(j * map.width, (j + 1) * map.width), (j + by) * width + by);
    return more;
  };
  const ways: [string, (tick: number) => OccupancyGrid][] = [
    ["the same", () => map],
    ["grown", (tick) => grown(tick / 10)],
    ["shrunk and grown by turns", (tick) => grown(tick % 20)],
  ];

  it.each(ways)(
    "%s: it erases nothing that was seen, and the robot arrives as if it came once",
    async (_, next) => {
      const once = await runRig(drive);
      expect(once.last.phase).toBe("arrived");
      const each = (tick: number, { map$ }: RigInputs): void => {
        if (tick > 0 && tick % 10 === 0) map$.next(next(tick));
      };
      const again = await runRig({ ...drive, each });
      expect(again.last.phase).toBe("arrived");
      expect(again.metres).toBeLessThan(1.1 * once.metres);
    },
  );
});
