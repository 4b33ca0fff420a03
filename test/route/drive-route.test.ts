import { describe, expect, test } from "vitest";
import { createRng, wrapAngle } from "../../src/base/index.ts";
import { driveModel } from "../../src/route/drive-model.ts";
import { beginDriveRoute, continueDriveRoute, type DriveRouteOptions } from "../../src/route/drive-route.ts";
import { createFieldTiles, forgetTiles, tiledDistanceAt } from "../../src/route/field-tiles.ts";
import { planGlobalPath } from "../../src/route/global-path.ts";
import { type Path, pathPoseAt } from "../../src/route/path.ts";
import {
  computeDistanceField,
  createGrid,
  discRadius,
  distanceAt,
  footprintContact,
  type Goal,
  getRobot,
  type OccupancyGrid,
  type Pose,
  parseRobot,
  type ReversePolicy,
  ROBOTS,
  type Robot,
} from "../../src/sim/index.ts";
import { fill, freePose, hall } from "./halls.ts";

const car = getRobot("f1tenth");
const carThat = (reverse: ReversePolicy): Robot => parseRobot({ ...ROBOTS.f1tenth, reverse });
const REACH = 1.5;

function route(grid: OccupancyGrid, start: Pose, goal: Goal, robot = car, options: DriveRouteOptions = {}) {
  const field = createFieldTiles(grid, "occupied", REACH);
  const search = beginDriveRoute(driveModel(robot)!, field, start, goal, options);
  return { ...continueDriveRoute(search)!, field, search };
}
const backwards = ({ pieces = [] }: Path): number =>
  pieces.reduce((sum, { from, to, direction }) => sum + (direction < 0 ? to - from : 0), 0);
const end = (path: Path): Float64Array => pathPoseAt(path, path.length, new Float64Array(3));

/** The first arc length where the true footprint touches a cell, looked for every centimetre; -1 where it never does. */
function contactOn(path: Path, grid: OccupancyGrid, robot = car): number {
  const at = new Float64Array(3);
  for (let s = 0; s <= path.length; s += 0.01) {
    const [x, y, yaw] = pathPoseAt(path, s, at);
    if (footprintContact(robot, { x, y, yaw }, grid)) return s;
  }
  return -1;
}

describe("tiles of a distance field", () => {
  test("say what the field of the whole grid says, cut at their reach, everywhere and beyond", () => {
    for (const unknown of ["free", "occupied"] as const) {
      const grid = hall(8, 12, 5);
      fill(grid, 70, 20, 30, 9, -1);
      const whole = computeDistanceField(grid, { unknown });
      const tiles = createFieldTiles(grid, unknown, 1);
      const rng = createRng(1);
      for (let n = 0; n < 1500; n++) {
        const [x, y] = [9 * rng.uniform() - 0.5, 9 * rng.uniform() - 0.5];
        const expected = distanceAt(computeCut(whole, 1), x, y);
        expect(tiledDistanceAt(tiles, x, y)).toBeCloseTo(expected, 5);
      }
    }
  });

  test("know of a change of cells once they have forgotten what it may have changed", () => {
    const grid = hall(12, 10, 6);
    const tiles = createFieldTiles(grid, "free", 1);
    for (let k = 0; k < 144; k++) tiledDistanceAt(tiles, k % 12, Math.trunc(k / 12));
    fill(grid, 100, 60, 7, 5);
    forgetTiles(tiles, 100, 106, 60, 64);
    const whole = computeCut(computeDistanceField(grid), 1);
    const rng = createRng(2);
    for (let n = 0; n < 1000; n++) {
      const [x, y] = [12 * rng.uniform(), 12 * rng.uniform()];
      expect(tiledDistanceAt(tiles, x, y)).toBeCloseTo(distanceAt(whole, x, y), 5);
    }
  });
});

const cut = new WeakMap<object, ReturnType<typeof computeDistanceField>>();
function computeCut(field: ReturnType<typeof computeDistanceField>, reach: number) {
  const known = cut.get(field) ?? {
    ...field,
    distance: field.distance.map((d) => Math.max(-reach, Math.min(reach, d))),
  };
  cut.set(field, known);
  return known;
}

describe("the route of a car", () => {
  test("leads to every heading in an empty hall, along arcs no tighter than the car's, touching nothing", () => {
    const grid = hall(12);
    const tightest = 0.3302 / Math.tan(0.4189);
    for (let n = 0; n < 12; n++) {
      const goal = { x: 8, y: 6, yaw: wrapAngle((n * Math.PI) / 6) };
      const { path } = route(grid, { x: 3, y: 6, yaw: 0 }, goal);
      const [x, y, yaw] = end(path!);
      expect(Math.hypot(x - 8, y - 6)).toBeLessThan(1e-6);
      expect(Math.abs(wrapAngle(yaw - goal.yaw))).toBeLessThan(1e-6);
      expect(contactOn(path!, grid)).toBe(-1);
      for (let k = 1; k < path!.s.length; k++) {
        const ds = path!.s[k] - path!.s[k - 1];
        const turned = Math.abs(wrapAngle(path!.yaw[k] - path!.yaw[k - 1]));
        expect(turned).toBeLessThanOrEqual(ds / tightest + 1e-9);
      }
    }
  });

  test("moves along its headings, forwards or backwards as its pieces say, and turns round only between them", () => {
    const { path } = route(hall(6), { x: 3, y: 3, yaw: 0 }, { x: 3, y: 3.6, yaw: Math.PI });
    expect(path!.pieces!.length).toBeGreaterThan(1);
    for (const { from, to, direction } of path!.pieces!) {
      for (let k = 1; k < path!.s.length; k++) {
        if (path!.s[k - 1] < from || path!.s[k] > to || path!.s[k] === path!.s[k - 1]) continue;
        const dx = path!.points[2 * k] - path!.points[2 * k - 2];
        const dy = path!.points[2 * k + 1] - path!.points[2 * k - 1];
        const along = dx * Math.cos(path!.yaw[k]) + dy * Math.sin(path!.yaw[k]);
        expect(direction * along).toBeGreaterThan(0.9 * Math.hypot(dx, dy));
      }
    }
  });

  test("touches nothing among 25 boxes, whatever the start and goal, or says that there is none", () => {
    let found = 0;
    for (let seed = 0; seed < 12; seed++) {
      const grid = hall(12, 25, seed);
      const rng = createRng(100 + seed);
      const [start, goal] = [freePose(car, grid, rng), freePose(car, grid, rng)];
      const { status, path } = route(grid, start, goal);
      if (status !== "found") continue;
      found++;
      expect(contactOn(path!, grid)).toBe(-1);
      expect(Math.hypot(end(path!)[0] - goal.x, end(path!)[1] - goal.y)).toBeLessThan(0.3);
    }
    expect(found).toBeGreaterThanOrEqual(11);
  });

  test("goes through a gap that the body fits through and its widest disc does not", () => {
    const grid = hall(8);
    fill(grid, 80, 0, 4, 77);
    fill(grid, 80, 84, 4, 76); // 7 cells, 35 cm; the car is 31 cm wide, its disc 36.5 cm
    const [start, goal] = [
      { x: 2, y: 3, yaw: 0 },
      { x: 6, y: 5 },
    ];
    const disc = planGlobalPath(computeDistanceField(grid), start, goal, { radius: discRadius(car) });
    expect(disc.status).toBe("unreachable");
    const { path } = route(grid, start, goal);
    expect(contactOn(path!, grid)).toBe(-1);
    expect(path!.length).toBeLessThan(6);
  });

  test("ends in a bay that it can only back into", () => {
    const grid = hall(8);
    for (const [i, j, w, h] of [
      [60, 100, 1, 20],
      [70, 100, 1, 20],
      [60, 120, 11, 1],
    ])
      fill(grid, i, j, w, h);
    const goal = { x: 3.275, y: 5.7, yaw: -Math.PI / 2 }; // its nose out of the bay
    const { path } = route(grid, { x: 6, y: 2, yaw: Math.PI / 2 }, goal);
    expect(contactOn(path!, grid)).toBe(-1);
    expect(path!.pieces!.at(-1)!.direction).toBe(-1);
  });

  test("with the goal far behind turns round rather than reversing all the way", () => {
    const { path } = route(hall(26), { x: 22, y: 4, yaw: 0 }, { x: 2, y: 4 });
    expect(backwards(path!)).toBeLessThan(2);
  });

  test("reverses as the robot's policy says", () => {
    const behind: Goal = { x: 6, y: 3, yaw: 0 };
    const ways = (["allowed", "discouraged", "never"] as const).map(
      (policy) => route(hall(12), { x: 7.5, y: 3, yaw: 0 }, behind, carThat(policy)).path!,
    );
    expect(backwards(ways[0])).toBeCloseTo(1.5, 6);
    expect(backwards(ways[1])).toBeGreaterThan(0.5);
    expect(backwards(ways[2])).toBe(0);
    expect(ways[2].length).toBeGreaterThan(4);
    // The end of an alley that is too narrow to turn in.
    const alley = hall(8);
    fill(alley, 1, 1, 100, 50);
    fill(alley, 1, 64, 100, 95);
    const stuck = { x: 1, y: 2.87, yaw: Math.PI };
    expect(route(alley, stuck, { x: 7, y: 6 }, carThat("never")).status).toBe("unreachable");
    expect(backwards(route(alley, stuck, { x: 7, y: 6 }, carThat("discouraged")).path!)).toBeGreaterThan(3);
  });

  test("is the same again, and the same in slices of 7 expansions", () => {
    const grid = hall(12, 25, 3);
    const rng = createRng(103);
    const [start, goal] = [freePose(car, grid, rng), freePose(car, grid, rng)];
    const once = route(grid, start, goal).path;
    const sliced = beginDriveRoute(driveModel(car)!, createFieldTiles(grid, "occupied", REACH), start, goal);
    let result = continueDriveRoute(sliced, 7);
    while (result === undefined) result = continueDriveRoute(sliced, 7);
    expect(result.path).toEqual(once);
  });

  test("ends with a reason where there is none: walled in, nowhere to stand, too long a search", () => {
    const grid = hall(8);
    fill(grid, 100, 60, 30, 1);
    fill(grid, 100, 90, 31, 1);
    fill(grid, 100, 60, 1, 30);
    fill(grid, 130, 60, 1, 31);
    const start = { x: 2, y: 2, yaw: 0 };
    expect(route(grid, start, { x: 5.8, y: 3.8 }).status).toBe("unreachable");
    fill(grid, 20, 120, 30, 30);
    expect(route(grid, start, { x: 1.75, y: 6.75 }).status).toBe("goalBlocked");
    expect(route(grid, { x: 1.75, y: 6.75, yaw: 0 }, start).status).toBe("startBlocked");
    const hard = hall(12, 25, 3);
    const rng = createRng(103);
    const from = freePose(car, hard, rng);
    expect(route(hard, from, freePose(car, hard, rng), car, { maxExpansions: 1 }).status).not.toBe(
      "unreachable",
    );
  });

  test("on a map of 4000 x 4000 cells looks at the part around it only", () => {
    const grid = createGrid(4000, 4000, 0.05);
    fill(grid, 2100, 1950, 2, 100);
    const { path, field } = route(grid, { x: 100, y: 100, yaw: 0 }, { x: 110, y: 100, yaw: Math.PI / 2 });
    expect(path!.length).toBeLessThan(14);
    expect(field.tiles.filter((tile) => tile !== undefined).length).toBeLessThan(60); // of 3969
  });
});
