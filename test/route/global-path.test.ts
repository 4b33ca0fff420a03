import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  createGlobalPathWorkspace,
  GLOBAL_PATH_DEFAULTS,
  type GlobalPathOptions,
  planGlobalPath,
} from "../../src/route/global-path.ts";
import type { Path } from "../../src/route/path.ts";
import {
  cellCenter,
  computeDistanceField,
  createGrid,
  type DistanceField,
  distanceAt,
  loadMap,
  makeWorld,
  type OccupancyGrid,
  type Pose,
  WORLD_FAMILIES,
} from "../../src/sim/index.ts";

const RADIUS = 0.334;

/** Lowest distance to an obstacle at points at most a step apart, from an arc length on. [m] */
function sampledClearance(path: Path, field: DistanceField, from = 0, step = 0.01): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let k = 0; k + 1 < path.s.length; k++) {
    if (path.s[k] < from - 1e-9) continue;
    const pieces = Math.ceil((path.s[k + 1] - path.s[k]) / step) + 1;
    for (let n = 0; n <= pieces; n++) {
      const x = path.points[2 * k] + (n / pieces) * (path.points[2 * k + 2] - path.points[2 * k]);
      const y = path.points[2 * k + 1] + (n / pieces) * (path.points[2 * k + 3] - path.points[2 * k + 1]);
      lowest = Math.min(lowest, distanceAt(field, x, y));
    }
  }
  return lowest;
}

/** What the path costs by the formula of the options, by sampling at 1 cm. [m] */
function sampledCost(path: Path, field: DistanceField, options: GlobalPathOptions): number {
  const o = { ...GLOBAL_PATH_DEFAULTS, ...options };
  let sum = 0;
  for (let k = 0; k + 1 < path.s.length; k++) {
    const length = path.s[k + 1] - path.s[k];
    const pieces = Math.max(1, Math.ceil(length / 0.01));
    for (let n = 0; n < pieces; n++) {
      const t = (n + 0.5) / pieces;
      const x = path.points[2 * k] + t * (path.points[2 * k + 2] - path.points[2 * k]);
      const y = path.points[2 * k + 1] + t * (path.points[2 * k + 3] - path.points[2 * k + 1]);
      const extra = distanceAt(field, x, y) - o.radius;
      const squeeze = Math.max(0, 1 - extra / o.margin);
      const soft = o.clearanceWeight * Math.exp(-extra / o.clearanceScale) + o.marginWeight * squeeze ** 2;
      sum += (length / pieces) * (1 + soft);
    }
  }
  return sum;
}

/** Checks what every path promises: where it begins and ends, its spacing, its directions. */
function expectSound(path: Path, start: { x: number; y: number }, spacing = 0.05): void {
  expect(path.points[0]).toBeCloseTo(start.x, 9);
  expect(path.points[1]).toBeCloseTo(start.y, 9);
  let longest = 0;
  for (let k = 1; k < path.s.length; k++) longest = Math.max(longest, path.s[k] - path.s[k - 1]);
  expect(longest).toBeLessThanOrEqual(spacing + 1e-9);
  expect(path.yaw.every((yaw) => Math.abs(yaw) <= Math.PI)).toBe(true);
  expect(path.length).toBe(path.s.at(-1));
}

/** A closed room of 6 m x 4 m with a wall at x = 3 m, open from y0 to y1. */
function roomWithDoor(y0: number, y1: number): OccupancyGrid {
  const grid = createGrid(120, 80, 0.05);
  for (let j = 0; j < 80; j++) {
    for (let i = 0; i < 120; i++) {
      const y = (j + 0.5) * 0.05;
      const border = i === 0 || j === 0 || i === 119 || j === 79;
      if (border || ((i === 59 || i === 60) && !(y > y0 && y < y1))) grid.cells[j * 120 + i] = 100;
    }
  }
  return grid;
}

const LEFT = { x: 1, y: 1 };
const RIGHT = { x: 5, y: 1.2 };

describe("a global path", () => {
  it.each(WORLD_FAMILIES)("keeps the radius at every centimetre through worlds of %s", (family) => {
    const workspace = createGlobalPathWorkspace();
    for (let seed = 0; seed < 25; seed++) {
      const world = makeWorld(family, seed);
      const field = computeDistanceField(world.grid);
      const found = planGlobalPath(field, world.start, world.goal, { radius: RADIUS }, workspace);
      expect(found.status, world.name).toBe("found");
      expect(found.escapeLength).toBe(0);
      expect(found.goalOffset).toBe(0);
      const path = found.path!;
      expectSound(path, world.start);
      expect(path.points.at(-2)).toBeCloseTo(world.goal.x, 9);
      expect(path.points.at(-1)).toBeCloseTo(world.goal.y, 9);
      expect(sampledClearance(path, field), world.name).toBeGreaterThanOrEqual(RADIUS);
    }
  });

  it("shortened and smoothed is shorter than the cheapest way over cell centres, and costs at most 15% more", () => {
    const options = { radius: RADIUS };
    for (const family of WORLD_FAMILIES) {
      let smoothed = 0;
      let cheapest = 0;
      for (let seed = 0; seed < 15; seed++) {
        const world = makeWorld(family, seed);
        const field = computeDistanceField(world.grid);
        const path = planGlobalPath(field, world.start, world.goal, options).path!;
        const raw = planGlobalPath(field, world.start, world.goal, { ...options, smooth: false }).path!;
        const ratio = sampledCost(path, field, options) / sampledCost(raw, field, options);
        expect(ratio, world.name).toBeLessThan(1.15);
        smoothed += path.length;
        cheapest += raw.length;
      }
      expect(smoothed).toBeLessThan(0.99 * cheapest);
    }
  });

  it("on an empty floor is the straight line", () => {
    const field = computeDistanceField(createGrid(200, 200, 0.05));
    const found = planGlobalPath(field, { x: 1.01, y: 1.02 }, { x: 8.3, y: 5.7 }, { radius: RADIUS });
    expect(found.path!.length).toBeCloseTo(Math.hypot(7.29, 4.68), 6);
  });

  it("is the same in a map whose origin is turned and moved", () => {
    const world = makeWorld("clutter", 4);
    const origin: Pose = { x: -7, y: 3, yaw: 2.2 };
    const turned = { ...world.grid, origin };
    const [c, s] = [Math.cos(origin.yaw), Math.sin(origin.yaw)];
    const move = (p: { x: number; y: number }) => ({
      x: origin.x + c * p.x - s * p.y,
      y: origin.y + s * p.x + c * p.y,
    });
    const a = planGlobalPath(computeDistanceField(world.grid), world.start, world.goal, { radius: RADIUS })
      .path!;
    const field = computeDistanceField(turned);
    const b = planGlobalPath(field, move(world.start), move(world.goal), { radius: RADIUS }).path!;
    expect(b.length).toBeCloseTo(a.length, 6);
    expect(sampledClearance(b, field)).toBeGreaterThanOrEqual(RADIUS);
    for (let k = 0; k < a.s.length; k += 10) {
      const p = move({ x: a.points[2 * k], y: a.points[2 * k + 1] });
      expect(b.points[2 * k]).toBeCloseTo(p.x, 6);
      expect(b.points[2 * k + 1]).toBeCloseTo(p.y, 6);
    }
  });

  it("goes through a door exactly as wide as it needs, and not through one a cell narrower", () => {
    // The door's clearance in its middle, at a cell centre: half its width rounded down to a centre.
    const wide = computeDistanceField(roomWithDoor(1.5, 2.25));
    const clearance = distanceAt(wide, 3, 1.875);
    expect(clearance).toBeCloseTo(0.375, 9);
    const found = planGlobalPath(wide, LEFT, RIGHT, { radius: clearance - 1e-6 });
    expect(found.status).toBe("found");
    expect(sampledClearance(found.path!, wide)).toBeGreaterThanOrEqual(clearance - 1e-6);
    const narrow = computeDistanceField(roomWithDoor(1.55, 2.25));
    expect(planGlobalPath(narrow, LEFT, RIGHT, { radius: clearance - 1e-6 })).toMatchObject({
      status: "unreachable",
    });
  });

  it("gives up the margin only where the way around is much longer", () => {
    // One door that leaves 1 cm of the margin, at y = 1; a wide one at y1.
    const twoDoors = (middle: number): DistanceField => {
      const grid = roomWithDoor(0.6, 1.35);
      for (let j = 0; j < 80; j++) {
        if (Math.abs((j + 0.5) * 0.05 - middle) < 0.6)
          grid.cells[j * 120 + 59] = grid.cells[j * 120 + 60] = 0;
      }
      return computeDistanceField(grid);
    };
    const crossing = (field: DistanceField): number => {
      const options = { radius: 0.365, margin: 0.15 };
      const path = planGlobalPath(field, { x: 2, y: 1 }, { x: 4, y: 1 }, options).path!;
      return path.points[2 * [...path.s.keys()].find((k) => path.points[2 * k] > 3)! + 1];
    };
    expect(crossing(twoDoors(2.3))).toBeGreaterThan(1.7);
    const free = planGlobalPath(
      twoDoors(2.3),
      { x: 2, y: 1 },
      { x: 4, y: 1 },
      {
        ...{ radius: 0.365, margin: 0.15, marginWeight: 0, clearanceWeight: 0 },
      },
    );
    expect(free.path!.length).toBeLessThan(2.1);
    // Without any other door the narrow one will do.
    const path = planGlobalPath(computeDistanceField(roomWithDoor(0.6, 1.35)), LEFT, RIGHT, {
      radius: 0.365,
      margin: 0.15,
    }).path!;
    expect(sampledClearance(path, computeDistanceField(roomWithDoor(0.6, 1.35)))).toBeGreaterThanOrEqual(
      0.365,
    );
  });

  it("from a start with too little clearance begins with a straight line to the nearest that has it", () => {
    const field = computeDistanceField(roomWithDoor(1, 3));
    const start = { x: 0.17, y: 2 }; // 0.12 m from the left wall
    const found = planGlobalPath(field, start, RIGHT, { radius: RADIUS });
    expect(found.status).toBe("found");
    expect(found.escapeLength).toBeGreaterThan(0.334 - 0.12 - 1e-6);
    expect(found.escapeLength).toBeLessThan(0.334 - 0.12 + 0.08);
    expectSound(found.path!, start);
    expect(sampledClearance(found.path!, field, found.escapeLength)).toBeGreaterThanOrEqual(RADIUS);
    // Inside the wall itself (sensor noise): out of it, into the room.
    const inside = planGlobalPath(field, { x: 0.03, y: 2 }, RIGHT, { radius: RADIUS });
    expect(inside.status).toBe("found");
    expect(inside.escapeLength).toBeGreaterThan(0.334);
  });

  it("does not escape through a wall", () => {
    // 0.1 m left of the wall at x = 3 m without a door: the other side is as near as this one.
    const field = computeDistanceField(roomWithDoor(0, 0));
    expect(planGlobalPath(field, { x: 2.85, y: 2 }, RIGHT, { radius: RADIUS }).status).toBe("unreachable");
    expect(planGlobalPath(field, { x: 3.15, y: 2 }, RIGHT, { radius: RADIUS }).status).toBe("found");
  });

  it("ends as near as it may to a goal with too little clearance", () => {
    const field = computeDistanceField(roomWithDoor(1, 3));
    const found = planGlobalPath(field, LEFT, { x: 5.7, y: 2 }, { radius: RADIUS });
    expect(found.status).toBe("found");
    expect(found.goalOffset).toBeGreaterThan(0.08);
    expect(found.goalOffset).toBeLessThan(0.2);
    expect(sampledClearance(found.path!, field)).toBeGreaterThanOrEqual(RADIUS);
    expect(planGlobalPath(field, LEFT, { x: 5.93, y: 2 }, { radius: RADIUS }).status).toBe("goalBlocked");
    expect(planGlobalPath(field, LEFT, { x: 5.93, y: 2 }, { radius: RADIUS, goalReach: 0.5 }).status).toBe(
      "found",
    );
  });

  it("says which end is blocked, also outside the map and for NaN", () => {
    const field = computeDistanceField(roomWithDoor(1, 3));
    const bad = [
      { x: -3, y: 1 },
      { x: 1, y: 99 },
      { x: Number.NaN, y: 1 },
      { x: 1, y: Number.POSITIVE_INFINITY },
    ];
    for (const p of bad) {
      expect(planGlobalPath(field, p, RIGHT, { radius: RADIUS })).toMatchObject({ status: "startBlocked" });
      expect(planGlobalPath(field, LEFT, p, { radius: RADIUS })).toMatchObject({ status: "goalBlocked" });
    }
    const solid = computeDistanceField(createGrid(30, 30, 0.05, undefined, 100));
    expect(planGlobalPath(solid, { x: 0.5, y: 0.5 }, { x: 1, y: 1 }, { radius: 0.1 }).status).toBe(
      "startBlocked",
    );
    field.distance.fill(Number.NaN);
    expect(planGlobalPath(field, LEFT, RIGHT, { radius: RADIUS }).status).toBe("startBlocked");
  });

  it("from a point to itself has no length", () => {
    const field = computeDistanceField(roomWithDoor(1, 3));
    for (const p of [LEFT, { x: 1.025, y: 1.025 }, { x: 1.0123, y: 1.0371 }]) {
      const found = planGlobalPath(field, p, p, { radius: RADIUS });
      expect(found.status).toBe("found");
      expect(found.path!.length).toBeLessThan(1e-9);
    }
  });

  it("does not depend on what its workspace was used for before", () => {
    const workspace = createGlobalPathWorkspace();
    const worlds = [
      makeWorld("rooms", 1),
      makeWorld("maze", 2),
      makeWorld("cells", 3),
      makeWorld("rooms", 1),
    ];
    for (const world of worlds) {
      const field = computeDistanceField(world.grid);
      const kept = planGlobalPath(field, world.start, world.goal, { radius: RADIUS }, workspace);
      expect(kept).toEqual(planGlobalPath(field, world.start, world.goal, { radius: RADIUS }));
    }
  });

  it("gives up after maxExpansions", () => {
    const world = makeWorld("maze", 2);
    const field = computeDistanceField(world.grid);
    const options = { radius: RADIUS, maxExpansions: 100 };
    expect(planGlobalPath(field, world.start, world.goal, options)).toMatchObject({
      status: "expansionLimit",
      expansions: 100,
    });
  });

  it("refuses options out of range", () => {
    const field = computeDistanceField(createGrid(20, 20, 0.05));
    const wrong: Partial<GlobalPathOptions>[] = [
      { radius: 0 },
      { radius: Number.NaN },
      { margin: -1 },
      { clearanceScale: 0 },
      { marginWeight: Number.POSITIVE_INFINITY },
      { clearanceWeight: -1 },
      { startReach: -0.1 },
      { goalReach: Number.NaN },
      { maxExpansions: 0 },
      { spacing: 0 },
    ];
    for (const option of wrong) {
      const [[name, value]] = Object.entries(option);
      expect(() => planGlobalPath(field, LEFT, RIGHT, { radius: 0.1, ...option })).toThrow(
        new RegExp(`${name} is ${value}, expected a finite number >`),
      );
    }
  });

  it("keeps its promises on 500 random grids of any size, resolution and origin", () => {
    const rng = createRng(77);
    const workspace = createGlobalPathWorkspace();
    let found = 0;
    for (let n = 0; n < 500; n++) {
      const resolution = [0.03, 0.05, 0.1][rng.int(3)];
      const origin = { x: 5 * rng.gauss(), y: 5 * rng.gauss(), yaw: rng.gauss() };
      const grid = createGrid(3 + rng.int(50), 3 + rng.int(50), resolution, origin);
      const share = 0.1 * rng.uniform();
      for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < share ? 100 : 0;
      const field = computeDistanceField(grid);
      const draw = () => {
        const [x, y] = cellCenter(grid, grid.width * rng.uniform() - 0.5, grid.height * rng.uniform() - 0.5);
        return { x: x!, y: y! };
      };
      const [start, goal] = [draw(), draw()];
      const radius = resolution * (0.2 + 2.5 * rng.uniform());
      const plan = planGlobalPath(field, start, goal, { radius, margin: 0.1 * rng.uniform() }, workspace);
      if (plan.path === undefined) continue;
      found++;
      expectSound(plan.path, start);
      expect(sampledClearance(plan.path, field, plan.escapeLength), `grid ${n}`).toBeGreaterThanOrEqual(
        radius,
      );
      const last = plan.path.points.subarray(-2);
      expect(Math.hypot(last[0] - goal.x, last[1] - goal.y)).toBeCloseTo(plan.goalOffset, 5);
      expect(plan.goalOffset).toBeLessThanOrEqual(0.3 + 1e-9);
    }
    expect(found).toBeGreaterThan(300);
  });

  it("works on grids a single cell wide or high", () => {
    for (const [width, height] of [
      [40, 1],
      [1, 40],
      [1, 1],
    ]) {
      const field = computeDistanceField(createGrid(width, height, 0.05));
      const [x, y] = cellCenter(field, width - 1, height - 1);
      const found = planGlobalPath(field, { x: 0.02, y: 0.02 }, { x: x!, y: y! }, { radius: 0.01 });
      expect(found.status).toBe("found");
      expect(found.path!.length).toBeCloseTo(Math.hypot(x! - 0.02, y! - 0.02), 6);
    }
  });
});

const MAPS = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/data/maps");

describe.skipIf(!existsSync(MAPS))("on a real map (../shared/data/maps; skipped where absent)", () => {
  it.each(["nav2_depot", "turtlebot3_world", "willow_full"])("%s: 20 random pairs", async (name) => {
    const yaml = readFileSync(join(MAPS, `${name}.yaml`), "utf8");
    const grid = await loadMap(yaml, (image) => readFileSync(join(MAPS, image)), name);
    const field = computeDistanceField(grid, { unknown: "occupied" });
    const workspace = createGlobalPathWorkspace();
    const rng = createRng(20);
    const drawPoint = (): { x: number; y: number } => {
      for (;;) {
        const c = rng.int(field.distance.length);
        if (field.distance[c] < RADIUS + 0.05) continue;
        const [x, y] = cellCenter(grid, c % grid.width, Math.floor(c / grid.width));
        return { x: x! + 0.02 * rng.gauss(), y: y! + 0.02 * rng.gauss() };
      }
    };
    let found = 0;
    for (let n = 0; n < 20; n++) {
      const [start, goal] = [drawPoint(), drawPoint()];
      const plan = planGlobalPath(field, start, goal, { radius: RADIUS }, workspace);
      const back = planGlobalPath(field, goal, start, { radius: RADIUS }, workspace);
      expect(back.status).toBe(plan.status);
      if (plan.status !== "found") {
        expect(plan.status).toBe("unreachable");
        continue;
      }
      found++;
      expectSound(plan.path!, start);
      expect(sampledClearance(plan.path!, field, plan.escapeLength)).toBeGreaterThanOrEqual(RADIUS);
      // Both ways round the cheapest way costs the same; the smoothed lengths differ a little.
      expect(Math.abs(back.path!.length - plan.path!.length)).toBeLessThan(0.03 * plan.path!.length + 0.05);
    }
    expect(found).toBeGreaterThan(10);
  });
});
