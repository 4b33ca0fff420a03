import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createGrid,
  createRangeSensor,
  type Mover,
  type OccupancyGrid,
  type Pose,
} from "../../src/sim/index.ts";
import { createMoverTracker, onMap, type SeenMover, type TrackedScan } from "../../src/track/index.ts";
import { fill, room } from "../planner/scenes.ts";

type Moment = {
  readonly t: number;
  readonly pose: Pose;
  readonly truth: readonly Mover[];
  readonly tracked: TrackedScan;
};

/** Tracks through a simulated world, ten scans a second. */
function watch(world: {
  readonly grid: OccupancyGrid;
  readonly pose: (t: number) => Pose;
  readonly movers?: (t: number) => Mover[];
  readonly noise?: number;
  /** Deviation of the pose that scans are said to be taken from. [m] */
  readonly lost?: number;
  /** Share of the turn since the scan before by which its heading is behind. */
  readonly skewed?: number;
  readonly seconds?: number;
}): Moment[] {
  const { grid, pose, movers = () => [], noise = 0.01, lost = 0, skewed = 0, seconds = 5 } = world;
  const sensor = createRangeSensor({ rng: createRng(3), noise });
  const rng = createRng(5);
  const tracker = createMoverTracker({ noise, sweep: skewed });
  return Array.from({ length: Math.round(10 * seconds) }, (_, k) => {
    const t = 0.1 * k;
    const truth = movers(t);
    const scan = sensor.scan(grid, pose(t), truth);
    const { x, y, yaw } = scan.pose;
    const behind = skewed * (yaw - pose(t - 0.1).yaw);
    const said = {
      x: x + lost * rng.gauss(),
      y: y + lost * rng.gauss(),
      yaw: yaw + 0.3 * lost * rng.gauss() - behind,
    };
    return { t, pose: pose(t), truth, tracked: tracker.update({ ...scan, pose: said }, t) };
  });
}

const walker =
  (x: number, y: number, vx: number, vy: number, id = 1) =>
  (t: number): Mover => ({
    id,
    x: x + t * vx,
    y: y + t * vy,
    vx,
    vy,
    radius: 0.25,
  });
const still = (x: number, y: number) => (): Pose => ({ x, y, yaw: 0.4 });
/** A drive along the room, swaying. */
const driving = (t: number): Pose => ({ x: 2 + 0.8 * t, y: 5, yaw: 0.2 * Math.sin(t) });
const hall = room(10, 10);

/** Boxes of 10 to 60 cm everywhere but on the way of {@link driving}. */
function clutter(seed: number): OccupancyGrid {
  const grid = room(10, 10);
  const rng = createRng(seed);
  for (let n = 0; n < 25; n++) {
    const [x, y] = [0.5 + 9 * rng.uniform(), 0.5 + 9 * rng.uniform()];
    if (y < 3.7 || y > 5.6) fill(grid, x, y, x + 0.1 + 0.5 * rng.uniform(), y + 0.1 + 0.5 * rng.uniform());
  }
  return grid;
}

/** How far a tracked mover is off, in place and in velocity. [m, m/s] */
const errors = (seen: SeenMover, truth: Mover) => ({
  place: Math.hypot(seen.x - truth.x, seen.y - truth.y),
  velocity: Math.hypot(seen.vx - truth.vx, seen.vy - truth.vy),
});

describe("the tracker", () => {
  const ways: Record<string, (t: number) => Mover> = {
    crosses: walker(5, 2.5, 0, 1),
    comes: walker(8.5, 5.2, -1.1, 0),
    "goes away": walker(3.5, 5, 0.9, 0.1),
    "crosses slowly": walker(5, 4, 0, 0.4),
  };
  for (const [name, way] of Object.entries(ways)) {
    for (const [how, pose] of [
      ["stands", still(2, 5)],
      ["drives and turns", driving],
    ] as const) {
      it(`finds soon who ${name}, from a robot that ${how}, and keeps hold of him`, () => {
        const moments = watch({ grid: hall, pose, movers: (t) => [way(t)], seconds: 4 });
        const ids = new Set<number>();
        for (const { t, truth, tracked } of moments) {
          if (t < 1.2) continue;
          expect(tracked.movers.length).toBe(1);
          const [seen] = tracked.movers;
          const { place, velocity } = errors(seen, truth[0]);
          expect(place).toBeLessThan(0.06);
          expect(velocity).toBeLessThan(0.45);
          expect(Math.abs(seen.radius - 0.25)).toBeLessThan(0.04);
          ids.add(seen.id);
        }
        expect(ids.size).toBe(1);
      });
    }
  }

  it("says how sure it is: errors of its velocities are as large as their deviation", () => {
    const moments = watch({
      grid: hall,
      pose: driving,
      movers: (t) => [walker(5, 2, 0.1, 0.9)(t)],
      noise: 0.03,
    });
    const shares = moments
      .slice(15)
      .map(
        ({ tracked, truth }) =>
          errors(tracked.movers[0], truth[0]).velocity / tracked.movers[0].deviation!.speed,
      );
    const rms = Math.sqrt(shares.reduce((sum, share) => sum + share * share, 0) / shares.length);
    expect(rms).toBeLessThan(Math.SQRT2);
    expect(rms).toBeGreaterThan(0.1);
  });

  it("takes nothing that stands for a mover, whatever comes into view behind it", () => {
    for (const seed of [1, 2, 3, 4]) {
      for (const world of [
        { pose: driving },
        { pose: driving, noise: 0.03 },
        { pose: (t: number): Pose => ({ x: 5, y: 5, yaw: 1.5 * t }) },
      ])
        for (const { tracked } of watch({ grid: clutter(seed), seconds: 4, ...world }))
          expect(tracked.movers).toEqual([]);
    }
  });

  it("does so in fewer than one look in fifty where the pose is off by 2 cm and a third of a degree", () => {
    const looks = [1, 2, 3, 4, 5, 6].flatMap((seed) =>
      watch({ grid: clutter(seed), seconds: 4, pose: driving, lost: 0.02 }),
    );
    const wrong = looks.filter(({ tracked }) => tracked.movers.length > 0).length;
    expect(wrong).toBeLessThan(looks.length / 50);
  });

  it("takes nothing for a mover because a robot that turns to and fro says its headings late", () => {
    const turning = (t: number): Pose => ({ x: 5, y: 5, yaw: Math.sin(2 * t) });
    for (const seed of [1, 2, 3])
      for (const { tracked } of watch({ grid: clutter(seed), seconds: 4, pose: turning, skewed: 0.5 }))
        expect(tracked.movers).toEqual([]);
  });

  it("hands back the scan itself where nobody moves", () => {
    const sensor = createRangeSensor({ rng: createRng(3) });
    const scan = sensor.scan(hall, { x: 5, y: 5, yaw: 0 });
    const tracker = createMoverTracker();
    expect(tracker.update(scan, 0).still).toBe(scan);
    expect(tracker.update(scan, 0.1)).toEqual({ movers: [], still: scan, left: [] });
  });

  it("follows who is hidden for a while behind a pillar, under the same name, the less sure the longer", () => {
    const grid = room(10, 10);
    fill(grid, 4, 4.75, 4.3, 5.25);
    const moments = watch({ grid, pose: still(2, 5), movers: (t) => [walker(6, 3, 0, 1)(t)], seconds: 4 });
    const before = moments[10].tracked.movers[0];
    const behind = moments[20].tracked.movers[0];
    const after = moments[35].tracked.movers[0];
    expect([behind.id, after.id]).toEqual([before.id, before.id]);
    expect(behind.deviation!.place).toBeGreaterThan(2 * before.deviation!.place);
    expect(errors(behind, moments[20].truth[0]).place).toBeLessThan(0.3);
    expect(errors(after, moments[35].truth[0]).place).toBeLessThan(0.06);
  });

  it("forgets who has gone as soon as it sees so", () => {
    const there = (t: number) => (t < 2 ? [walker(5, 3, 0, 1)(t)] : []);
    const moments = watch({ grid: hall, pose: still(2, 5), movers: there, seconds: 3 });
    expect(moments[19].tracked.movers.length).toBe(1);
    expect(moments[22].tracked.movers).toEqual([]);
  });

  it("keeps apart two who pass each other, and knows who stops", () => {
    const stops = (t: number): Mover => {
      const at = walker(6, 7.5, 0, -1, 2)(Math.min(t, 3));
      return t < 3 ? at : { ...at, vy: 0 };
    };
    const moments = watch({
      grid: hall,
      pose: still(2, 5),
      movers: (t) => [walker(5, 2.5, 0, 1)(t), stops(t)],
      seconds: 4.5,
    });
    const nearest = ({ truth, tracked }: Moment, n: number): SeenMover =>
      [...tracked.movers].sort((a, b) => errors(a, truth[n]).place - errors(b, truth[n]).place)[0];
    expect(nearest(moments[40], 0).id).toBe(nearest(moments[12], 0).id);
    expect(nearest(moments[40], 1).id).toBe(nearest(moments[12], 1).id);
    const stopped = nearest(moments[44], 1);
    expect(Math.hypot(stopped.vx, stopped.vy)).toBeLessThan(0.3);
  });

  it("leaves the returns from movers out, so that they mark no grid, and says where to forget them", () => {
    const moments = watch({
      grid: hall,
      pose: driving,
      movers: (t) => [walker(6, 2.5, 0, 1)(t)],
      seconds: 3,
    });
    let told = 0;
    for (const { t, truth, tracked } of moments) {
      told += tracked.left.length;
      if (t < 1.2) continue;
      const { pose, angles, ranges } = tracked.still;
      const hits = ranges.filter((r, i) => {
        const phi = pose.yaw + angles[i];
        const away = Math.hypot(
          pose.x + r * Math.cos(phi) - truth[0].x,
          pose.y + r * Math.sin(phi) - truth[0].y,
        );
        return away < truth[0].radius + 0.05;
      });
      expect(hits.length).toBe(0);
      expect(ranges.filter((r) => r > 0).length).toBeGreaterThan(600);
    }
    expect(told).toBeGreaterThan(0);
    const { left } = moments.find(({ tracked }) => tracked.left.length > 0)!.tracked;
    for (const { x, y } of left) expect(Math.abs(x - 6) + Math.max(0, y - 4)).toBeLessThan(0.3);
  });

  it("looks for nobody where a map has an obstacle", () => {
    const mover = walker(5, 2.5, 0, 1);
    const sensor = createRangeSensor({ rng: createRng(3) });
    const tracker = createMoverTracker({ known: () => true });
    for (let k = 0; k < 20; k++) {
      const scan = sensor.scan(hall, { x: 2, y: 5, yaw: 0 }, [mover(0.1 * k)]);
      expect(tracker.update(scan, 0.1 * k).movers).toEqual([]);
    }
  });

  it("finds who is not on the map within 0.3 s, says at once that he may be somebody, and believes no furniture", () => {
    const sensor = createRangeSensor({ rng: createRng(3) });
    const tracker = createMoverTracker({ known: onMap(hall) });
    const way = walker(5, 3, 0, 1.2);
    const speeds = Array.from({ length: 8 }, (_, k) => {
      const { movers } = tracker.update(sensor.scan(hall, { x: 2, y: 5, yaw: 0 }, [way(0.1 * k)]), 0.1 * k);
      expect(movers.length).toBe(1);
      return [movers[0].vy, movers[0].deviation!.speed];
    });
    expect(speeds[0]).toEqual([0, 1.5]);
    for (const [vy, deviation] of speeds.slice(3)) {
      expect(Math.abs(vy - 1.2)).toBeLessThan(0.3);
      expect(deviation).toBeLessThan(0.25);
    }
    const furnished = clutter(2);
    const among = createMoverTracker({ known: onMap(hall) });
    for (let k = 0; k < 40; k++) {
      const { still } = among.update(sensor.scan(furnished, driving(0.1 * k)), 0.1 * k);
      expect(still.ranges.every((r) => r > 0)).toBe(true); // all that stands marks the grid
    }
  });

  it("sees who has stood for long, and is not on the map, within 0.2 s of where he sets out", () => {
    const sensor = createRangeSensor({ rng: createRng(3) });
    const tracker = createMoverTracker({ known: onMap(hall) });
    const way = walker(5, 4, 0, 1);
    const told = Array.from({ length: 26 }, (_, k) => {
      const at = way(Math.max(0, 0.1 * (k - 20)));
      return tracker.update(sensor.scan(hall, { x: 2, y: 5, yaw: 0 }, [at]), 0.1 * k).movers.length;
    });
    expect(told.slice(12, 20)).toEqual(Array(8).fill(0));
    expect(told.slice(22)).toEqual(Array(4).fill(1));
  });

  it("begins anew where time goes back or stands still for seconds, and takes scans with nothing in them", () => {
    const moments = watch({
      grid: hall,
      pose: still(2, 5),
      movers: (t) => [walker(5, 3, 0, 1)(t)],
      seconds: 2,
    });
    const sensor = createRangeSensor({ rng: createRng(3) });
    const tracker = createMoverTracker();
    const look = (t: number) => sensor.scan(hall, { x: 2, y: 5, yaw: 0 }, [walker(5, 3, 0, 1)(t)]);
    for (let k = 0; k < 20; k++) tracker.update(look(0.1 * k), 0.1 * k);
    expect(moments[19].tracked.movers.length).toBe(1);
    expect(tracker.update(look(1), 1).movers).toEqual([]);
    for (let k = 11; k < 20; k++) tracker.update(look(0.1 * k), 0.1 * k);
    expect(tracker.update(look(9), 9).movers).toEqual([]);
    const nothing = sensor.scan(createGrid(10, 10, 0.1), { x: 5, y: 5, yaw: 0 });
    expect(tracker.update(nothing, 9.1).movers).toEqual([]);
    const nowhere = sensor.scan(hall, { x: Number.NaN, y: 5, yaw: 0 });
    expect(tracker.update(nowhere, 9.2).movers).toEqual([]);
  });
});
