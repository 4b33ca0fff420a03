import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createSensing } from "../../src/drive/index.ts";
import { createBelief } from "../../src/planner/index.ts";
import {
  locateOnRoute,
  NO_ROUTE,
  planRoute,
  type RouteOptions,
  routeBlocked,
  tiledDistanceAt,
} from "../../src/route/index.ts";
import {
  cellIndexAt,
  computeDistanceField,
  createGrid,
  type DistanceField,
  distanceAt,
  type Goal,
  getRobot,
  makeWorld,
  OCCUPIED,
  type OccupancyGrid,
  UNKNOWN,
} from "../../src/sim/index.ts";
import { fill, room } from "./scenes.ts";

const OPTIONS = { lookahead: 3, radius: 0.3, margin: 0.05 };
/** A route that keeps its own state, for what is asked of it in a row. */
function createRoute(options: RouteOptions) {
  let route = NO_ROUTE;
  return {
    path: () => route.path,
    plan(field: DistanceField, x: number, y: number, goal: Goal) {
      const planned = planRoute(options, route, field, { x, y }, goal);
      route = planned.route;
      return planned.status;
    },
    locate(x: number, y: number, reach?: number) {
      const located = locateOnRoute(options, route, x, y, reach);
      route = located?.route ?? route;
      return located?.point;
    },
    blocked: (field: DistanceField) => routeBlocked(options, route, field),
  };
}
const fieldOf = (grid: OccupancyGrid) => computeDistanceField(grid, { unknown: "occupied" });

/** Whether the straight line between two points comes nearer to an obstacle than `clearance`. */
function crosses(
  grid: OccupancyGrid,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  clearance: number,
): boolean {
  const field = fieldOf(grid);
  for (let n = 0; n <= 400; n++) {
    if (distanceAt(field, ax + (n / 400) * (bx - ax), ay + (n / 400) * (by - ay)) < clearance) return true;
  }
  return false;
}

describe("the route", () => {
  it("has its local goal a lookahead down a straight path, with the path's heading", () => {
    const route = createRoute(OPTIONS);
    expect(route.locate(1, 1)).toBeUndefined();
    expect(route.plan(fieldOf(room(10, 2)), 1, 1, { x: 9, y: 1 })).toBe("found");
    const at = route.locate(2, 1)!;
    expect(at.goal.x).toBeCloseTo(5, 1);
    expect(at.goal.yaw).toBeCloseTo(0, 1);
    expect(at.final).toBe(false);
    expect(at.offset).toBeLessThan(0.05);
    expect(at.remaining).toBeCloseTo(7, 1);
    const piece = at.piece;
    expect(Math.hypot(piece[0] - 2, piece[1] - 1)).toBeLessThan(0.2);
    expect(piece[piece.length - 2]).toBeGreaterThan(at.goal.x);
    const half = route.locate(2, 1, 0.5)!;
    expect(half.goal.x).toBeCloseTo(3.5, 1);
  });

  it("ends at the goal with the goal's own yaw", () => {
    const route = createRoute(OPTIONS);
    route.plan(fieldOf(room(10, 2)), 1, 1, { x: 9, y: 1, yaw: -2 });
    for (const x of [2, 4, 5.5]) expect(route.locate(x, 1)!.final).toBe(false);
    const at = route.locate(7.5, 1)!;
    expect(at.final).toBe(true);
    expect(at.goal).toEqual({ x: 9, y: 1, yaw: -2 });
  });

  for (const lookahead of [0.75, 3]) {
    it(`has its local goal nearer in a U-turn than a lookahead of ${lookahead} m, never down the other lane`, () => {
      // two lanes, joined at x = 8.4 .. 10 only
      const grid = room(10, 4);
      fill(grid, 0, 1.9, 8.4, 2.1);
      const route = createRoute({ ...OPTIONS, lookahead });
      expect(route.plan(fieldOf(grid), 1, 1, { x: 1, y: 3 })).toBe("found");
      const core = createGrid(grid.width, grid.height, grid.resolution);
      fill(core, 0, 1.9, 7.7, 2.1); // a line over the last 0.7 m of the wall only cuts the corner
      let [x, y] = [1, 1];
      let steps = 0;
      for (; steps < 600; steps++) {
        const at = route.locate(x, y)!;
        if (at.remaining < 0.1) break;
        expect(crosses(core, x, y, at.goal.x, at.goal.y, 0)).toBe(false);
        const end = route.locate(x, y)!;
        const straight = Math.hypot(end.goal.x - x, end.goal.y - y);
        expect(straight).toBeGreaterThan(0.2 * Math.min(lookahead, at.remaining));
        const [px, py] = [at.piece[4], at.piece[5]];
        const step = Math.hypot(px - x, py - y);
        x += (0.05 * (px - x)) / step;
        y += (0.05 * (py - y)) / step;
      }
      expect(steps).toBeLessThan(600);
      expect(Math.hypot(x - 1, y - 3)).toBeLessThan(0.3);
    });
  }

  it("has its local goal before the end of a wall that hides the rest, where it shall be in full sight", () => {
    const grid = room(10, 6);
    fill(grid, 5, 0, 5.1, 3.5);
    const field = fieldOf(grid);
    const { route } = planRoute(OPTIONS, NO_ROUTE, field, { x: 4.3, y: 2 }, { x: 6, y: 1 });
    const goalOf = (inFullSight: boolean) =>
      locateOnRoute(OPTIONS, route, 4.3, 2.6, 1, field, inFullSight)!.point.goal;
    const [near, far] = [goalOf(true), goalOf(false)];
    const keep = Math.min(OPTIONS.radius, distanceAt(field, 4.3, 2.6));
    expect(crosses(grid, 4.3, 2.6, near.x, near.y, keep)).toBe(false);
    expect(crosses(grid, 4.3, 2.6, far.x, far.y, keep)).toBe(true);
  });

  it("does not jump to the other lane of a hairpin it passes by", () => {
    const grid = room(10, 3);
    fill(grid, 0, 1.45, 8.4, 1.55);
    const route = createRoute(OPTIONS);
    route.plan(fieldOf(grid), 1, 0.75, { x: 1, y: 2.25 });
    const before = route.locate(4, 0.75)!.remaining;
    const pushed = route.locate(4.1, 1.3)!.remaining; // pushed towards the wall, nearer to it than to the path
    expect(Math.abs(pushed - before)).toBeLessThan(1);
  });

  it("is blocked by an obstacle on the path ahead, not by one behind or beside", () => {
    const grid = room(10, 2);
    const route = createRoute(OPTIONS);
    route.plan(fieldOf(grid), 1, 1, { x: 9, y: 1 });
    route.locate(4, 1);
    expect(route.blocked(fieldOf(grid))).toBe(false);
    const with_ = (x: number, y: number): OccupancyGrid => {
      const other = { ...grid, cells: grid.cells.slice() };
      fill(other, x, y, x + 0.1, y + 0.1);
      return other;
    };
    expect(route.blocked(fieldOf(with_(5.5, 0.95)))).toBe(true);
    expect(route.blocked(fieldOf(with_(2, 0.95)))).toBe(false);
    expect(route.blocked(fieldOf(with_(5.5, 0.1)))).toBe(false);
    expect(route.blocked(fieldOf(with_(8.9, 0.95)))).toBe(false); // beyond what the next plans reach
  });

  it("keeps the old path where no new one is found, and is in nobody's way before the first", () => {
    const route = createRoute(OPTIONS);
    route.plan(fieldOf(room(10, 2)), 1, 1, { x: 9, y: 1 });
    const before = route.path();
    const walled = room(10, 2);
    fill(walled, 5, 0, 5.1, 2);
    expect(route.plan(fieldOf(walled), 1, 1, { x: 9, y: 1 })).toBe("unreachable");
    expect(route.path()).toBe(before);
    expect(routeBlocked(OPTIONS, NO_ROUTE, fieldOf(walled))).toBe(false);
    expect(locateOnRoute(OPTIONS, NO_ROUTE, 1, 1)).toBeUndefined();
  });
});

describe("the belief", () => {
  const valueAt = (grid: OccupancyGrid, x: number, y: number): number => grid.cells[cellIndexAt(grid, x, y)];

  it("is a copy of the map, overlaid with what is known locally", () => {
    const map = room(4, 4);
    const belief = createBelief(map);
    const local = createGrid(20, 20, 0.05, { x: 1, y: 1, yaw: 0 }, UNKNOWN);
    fill(local, 1.5, 1.5, 1.6, 1.6, 100);
    belief.overlay(local);
    expect(valueAt(belief.grid, 1.55, 1.55)).toBe(100);
    expect(valueAt(belief.grid, 1.2, 1.2)).toBe(0); // unknown there: the map's word stands
    expect(valueAt(map, 1.55, 1.55)).toBe(0);
    fill(local, 1.5, 1.5, 1.6, 1.6, 0);
    belief.overlay(local);
    expect(valueAt(belief.grid, 1.55, 1.55)).toBe(0);
  });

  it("keeps an obstacle that a map brought where free was seen before, in every map after it", () => {
    const map = room(4, 4);
    const belief = createBelief(map);
    belief.overlay(createGrid(40, 40, 0.05, { x: 1, y: 1, yaw: 0 }));
    const closed = { ...map, cells: map.cells.slice() };
    fill(closed, 1.5, 1.5, 1.7, 1.7, 100);
    const grown = { ...closed, cells: closed.cells.slice() };
    fill(grown, 3.5, 3.5, 3.7, 3.7, 100);
    const once = belief.withMap(closed);
    expect(valueAt(once.grid, 1.6, 1.6)).toBe(100);
    const again = once.withMap(grown);
    expect(valueAt(again.grid, 1.6, 1.6)).toBe(100);
    again.overlay(createGrid(40, 40, 0.05, { x: 1, y: 1, yaw: 0 })); // the door opens
    expect(valueAt(again.withMap(closed).grid, 1.6, 1.6)).toBe(0);
  });

  for (const resolution of [0.02, 0.05, 0.1, 0.2]) {
    it(`loses no obstacle of a local grid of ${resolution} m on a map of 0.1 m, and frees what is seen free`, () => {
      const rng = createRng(6);
      const map = createGrid(60, 60, 0.1, { x: 0, y: 0, yaw: 0 }, 100);
      const belief = createBelief(map);
      const n = Math.round(4 / resolution);
      const local = createGrid(n, n, resolution, { x: 1, y: 1, yaw: 0 });
      for (let k = 0; k < 30; k++) local.cells[rng.int(n * n)] = 100;
      belief.overlay(local);
      for (let j = 0; j < n; j++) {
        for (let i = 0; i < n; i++) {
          if (local.cells[j * n + i] < OCCUPIED) continue;
          expect(valueAt(belief.grid, 1 + (i + 0.5) * resolution, 1 + (j + 0.5) * resolution)).toBe(100);
        }
      }
      // a map cell whose every point was seen free is free
      for (let j = 0; j < 60; j++) {
        for (let i = 0; i < 60; i++) {
          const [x, y] = [0.1 * i, 0.1 * j];
          const within = [0.01, 0.03, 0.05, 0.07, 0.09];
          const corners = within.flatMap((a) => within.map((b) => [x + a, y + b]));
          const seen = corners.every(([px, py]) => {
            const c = cellIndexAt(local, px, py);
            return c >= 0 && local.cells[c] === 0;
          });
          if (seen) expect(belief.grid.cells[j * 60 + i]).toBe(0);
          if (x > 5.1 || y > 5.1 || x < 0.9 || y < 0.9) expect(belief.grid.cells[j * 60 + i]).toBe(100);
        }
      }
    });
  }

  it("counts unknown space as it is told", () => {
    const belief = createBelief(createGrid(40, 40, 0.1, { x: 0, y: 0, yaw: 0 }, UNKNOWN));
    expect(tiledDistanceAt(belief.tiles("free", 2), 2, 2)).toBeGreaterThan(1);
    expect(tiledDistanceAt(belief.tiles("occupied", 2), 2, 2)).toBeLessThan(0);
  });
});

describe("the sensing", () => {
  it("of the truth shows the map around the robot, cell by cell", () => {
    const world = makeWorld("rooms", 1);
    const sensing = createSensing("truth", 6, world.grid, createRng(1));
    const local = sensing.look(world.grid, world.start);
    let seen = 0;
    for (let j = 0; j < local.height; j++) {
      for (let i = 0; i < local.width; i++) {
        const at = cellIndexAt(
          world.grid,
          local.origin.x + (i + 0.5) * local.resolution,
          local.origin.y + (j + 0.5) * local.resolution,
        );
        const value = local.cells[j * local.width + i];
        if (at < 0) expect(value).toBe(UNKNOWN);
        else expect(value >= OCCUPIED).toBe(world.grid.cells[at] >= OCCUPIED);
        seen++;
      }
    }
    expect(seen).toBe(120 * 120);
    expect(Math.abs(local.origin.x + 3 - world.start.x)).toBeLessThan(0.051);
  });

  it("of a lidar leaves what lies behind a wall unknown, and is the same for the same seed", () => {
    const grid = room(6, 6);
    fill(grid, 4, 0, 4.1, 6);
    const look = (seed: number) =>
      createSensing("lidar", 6, grid, createRng(seed)).sense(grid, { x: 3, y: 3, yaw: 0 }).grid;
    const local = look(1);
    expect(local.cells[cellIndexAt(local, 3.5, 3)]).toBe(0);
    expect(local.cells[cellIndexAt(local, 4.5, 3)]).toBe(UNKNOWN);
    expect([...look(1).cells]).toEqual([...local.cells]);
  });

  it("never misses the wall right ahead of any robot's lidar", () => {
    const grid = room(6, 6);
    for (const name of ["jackal", "f1tenth"]) {
      const local = createSensing("lidar", 6, grid, createRng(3)).sense(grid, { x: 5.2, y: 3, yaw: 0 }).grid;
      expect(getRobot(name).name).toBe(name);
      const ahead = Array.from(
        { length: 4 },
        (_, n) => local.cells[cellIndexAt(local, 5.9 + 0.025 * n, 3)] ?? -1,
      );
      expect(Math.max(...ahead)).toBe(100);
    }
  });
});
