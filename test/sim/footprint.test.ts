import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  createGrid,
  discRadius,
  footprintClearance,
  footprintContact,
  footprintDiscs,
  footprintReach,
  getRobot,
  type OccupancyGrid,
  type Pose,
  parseRobot,
  ROBOT_NAMES,
  type Robot,
  worldToCell,
} from "../../src/sim/index.ts";

/** A lopsided body: no symmetry to hide behind. */
const wedge = parseRobot({
  name: "wedge",
  model: "differential",
  footprint: [
    [-0.2, -0.1],
    [0.35, -0.25],
    [0.5, 0.05],
    [0.1, 0.3],
  ],
  limits: { vMin: 0, vMax: 1, wMax: 1, aMax: 1, alphaMax: 1 },
});

function randomGrid(seed: number, share: number, origin: Pose): OccupancyGrid {
  const rng = createRng(seed);
  const grid = createGrid(60, 40, 0.05, origin);
  for (let c = 0; c < grid.cells.length; c++) {
    const u = rng.uniform();
    grid.cells[c] = u < share ? 100 : u < 2 * share ? -1 : u < 3 * share ? 64 : 0;
  }
  return grid;
}

/** Corners of the footprint in cell coordinates. */
function placed(robot: Robot, pose: Pose, grid: OccupancyGrid): [number, number][] {
  const c = Math.cos(pose.yaw);
  const s = Math.sin(pose.yaw);
  return robot.footprint.map(([x, y]) => {
    const out = worldToCell(grid, pose.x + c * x - s * y, pose.y + s * x + c * y);
    return [out[0], out[1]];
  });
}

function pointInPolygon(polygon: [number, number][], x: number, y: number): boolean {
  return polygon.every(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0;
  });
}

/**
 * Brute force: points every `step` along the polygon's boundary against every occupied square. From
 * above the true distance, by at most step/2.
 */
function sampledClearance(robot: Robot, pose: Pose, grid: OccupancyGrid, step: number): number {
  const polygon = placed(robot, pose, grid);
  let best = Number.POSITIVE_INFINITY;
  for (let j = 0; j < grid.height; j++) {
    for (let i = 0; i < grid.width; i++) {
      if (grid.cells[j * grid.width + i] < 65) continue;
      if (pointInPolygon(polygon, i + 0.5, j + 0.5)) return 0;
      polygon.forEach(([ax, ay], e) => {
        const [bx, by] = polygon[(e + 1) % polygon.length];
        const pieces = Math.ceil(Math.hypot(bx - ax, by - ay) / step);
        for (let n = 0; n <= pieces; n++) {
          const x = ax + ((bx - ax) * n) / pieces;
          const y = ay + ((by - ay) * n) / pieces;
          best = Math.min(best, Math.hypot(Math.max(i - x, 0, x - i - 1), Math.max(j - y, 0, y - j - 1)));
        }
      });
    }
  }
  return best * grid.resolution;
}

describe("clearance and contact", () => {
  test("equal brute-force sampling on random grids, also rotated ones, at random poses", () => {
    const rng = createRng(5);
    const step = 0.02;
    let contacts = 0;
    for (let n = 0; n < 120; n++) {
      const origin = { x: -0.7, y: 0.4, yaw: n % 3 === 0 ? 0 : rng.uniform() * 6 - 3 };
      const grid = randomGrid(n, n % 2 === 0 ? 0.002 : 0.01, origin);
      const robot = n % 4 === 0 ? wedge : getRobot(ROBOT_NAMES[n % ROBOT_NAMES.length]);
      const c = Math.cos(origin.yaw);
      const s = Math.sin(origin.yaw);
      const u = 3 * rng.uniform();
      const v = 2 * rng.uniform();
      const pose = { x: origin.x + c * u - s * v, y: origin.y + s * u + c * v, yaw: 7 * rng.uniform() };
      const exact = footprintClearance(robot, pose, grid);
      const sampled = sampledClearance(robot, pose, grid, step);
      expect(exact).toBeLessThanOrEqual(sampled + 1e-12);
      expect(exact).toBeGreaterThanOrEqual(sampled - (step / 2) * grid.resolution - 1e-12);
      expect(footprintContact(robot, pose, grid)).toBe(exact === 0);
      if (exact === 0) contacts++;
    }
    expect(contacts).toBeGreaterThan(10);
    expect(contacts).toBeLessThan(110);
  });

  test("has the closed form beside one cell: face to face, corner to face, corner to corner", () => {
    const grid = createGrid(40, 40, 0.1);
    grid.cells[20 * 40 + 20] = 100; // the square [2, 2.1] x [2, 2.1]
    const jackal = getRobot("jackal");
    expect(footprintClearance(jackal, { x: 1.5, y: 2.05, yaw: 0 }, grid)).toBeCloseTo(0.5 - 0.254, 12);
    expect(footprintClearance(jackal, { x: 2.05, y: 1.5, yaw: 0 }, grid)).toBeCloseTo(0.5 - 0.216, 12);
    const reach = Math.hypot(0.254, 0.216);
    const diagonal = Math.atan2(0.216, 0.254);
    expect(footprintClearance(jackal, { x: 1.5, y: 2.05, yaw: diagonal }, grid)).toBeCloseTo(0.5 - reach, 12);
    expect(footprintClearance(jackal, { x: 1.5, y: 1.5, yaw: 0 }, grid)).toBeCloseTo(
      Math.hypot(0.5 - 0.254, 0.5 - 0.216),
      12,
    );
    expect(footprintReach(jackal)).toBeCloseTo(reach, 15);
  });

  test("the body inside a ring of walls, or around a lone pillar, is seen", () => {
    const grid = createGrid(40, 40, 0.05);
    grid.cells[20 * 40 + 20] = 100; // under the middle of the robot, no edge near it
    expect(footprintContact(getRobot("jackal"), { x: 1.025, y: 1.025, yaw: 0.3 }, grid)).toBe(true);
    expect(footprintClearance(getRobot("jackal"), { x: 1.025, y: 1.025, yaw: 0.3 }, grid)).toBe(0);
  });

  test("exact touch is contact, a hair apart is not", () => {
    const grid = createGrid(8, 8, 0.5);
    grid.cells[4 * 8 + 4] = 100; // [2, 2.5]^2
    const box = parseRobot({
      ...wedge,
      footprint: [
        [-0.25, -0.25],
        [0.25, -0.25],
        [0.25, 0.25],
        [-0.25, 0.25],
      ],
    });
    for (const [x, y] of [
      [1.75, 2.25],
      [2.75, 2.25],
      [2.25, 1.75],
      [2.25, 2.75],
    ]) {
      expect(footprintContact(box, { x, y, yaw: 0 }, grid)).toBe(true);
      expect(footprintClearance(box, { x, y, yaw: 0 }, grid)).toBe(0);
    }
    expect(footprintContact(box, { x: 1.75 - 1e-9, y: 2.25, yaw: 0 }, grid)).toBe(false);
    expect(footprintClearance(box, { x: 1.75 - 1e-9, y: 2.25, yaw: 0 }, grid)).toBeCloseTo(1e-9, 12);
  });

  test("outside the grid is free, and a far grid is still measured", () => {
    const grid = createGrid(10, 10, 0.1, { x: 0, y: 0, yaw: 0 }, 100);
    const jackal = getRobot("jackal");
    expect(footprintContact(jackal, { x: -5, y: 0.5, yaw: 0 }, grid)).toBe(false);
    expect(footprintClearance(jackal, { x: -5, y: 0.5, yaw: 0 }, grid)).toBeCloseTo(5 - 0.254, 12);
    expect(footprintClearance(jackal, { x: 1e6, y: 0.5, yaw: 0 }, grid)).toBeCloseTo(1e6 - 1.254, 6);
    expect(footprintClearance(jackal, { x: 1e6, y: 0.5, yaw: 0 }, grid, 3)).toBe(3);
  });

  test("the range limit caps the result and nothing else", () => {
    const grid = createGrid(60, 40, 0.05, { x: 0, y: 0, yaw: 0.4 });
    grid.cells[30 * 60 + 20] = 100;
    const pose = { x: 0.6, y: 0.9, yaw: 1 };
    const free = footprintClearance(wedge, pose, grid);
    expect(free).toBeGreaterThan(0.02);
    expect(footprintClearance(wedge, pose, grid, free + 1e-9)).toBe(free);
    expect(footprintClearance(wedge, pose, grid, free / 2)).toBe(free / 2);
    expect(footprintClearance(wedge, pose, createGrid(9, 9, 0.1))).toBe(Number.POSITIVE_INFINITY);
  });

  test("a pose that is not finite counts as contact", () => {
    const grid = createGrid(10, 10, 0.1);
    for (const pose of [
      { x: Number.NaN, y: 0, yaw: 0 },
      { x: 0, y: Number.POSITIVE_INFINITY, yaw: 0 },
      { x: 0, y: 0, yaw: Number.NaN },
    ]) {
      expect(footprintContact(wedge, pose, grid)).toBe(true);
      expect(footprintClearance(wedge, pose, grid)).toBe(0);
    }
  });
});

describe("covering discs", () => {
  test("cover every point of the footprint, for every robot and count", () => {
    const rng = createRng(8);
    const robots = [...ROBOT_NAMES.map(getRobot), wedge];
    for (const robot of robots) {
      for (const count of [undefined, 1, 2, 3, 5]) {
        const discs = footprintDiscs(robot, count);
        if (count !== undefined) expect(discs).toHaveLength(count);
        expect(new Set(discs.map((d) => d.r)).size).toBe(1);
        const n = robot.footprint.length;
        for (let k = 0; k < 2000; k++) {
          // a random point of a random edge or triangle of the polygon's fan
          const e = 1 + rng.int(n - 2);
          let a = rng.uniform();
          let b = k % 2 === 0 ? 0 : rng.uniform();
          if (a + b > 1) [a, b] = [1 - a, 1 - b];
          const [p, q, s] = [robot.footprint[0], robot.footprint[e], robot.footprint[e + 1]];
          const [from, to] = k % 4 === 0 ? [p, q] : [q, s];
          const x = b === 0 ? from[0] + a * (to[0] - from[0]) : p[0] + a * (q[0] - p[0]) + b * (s[0] - p[0]);
          const y = b === 0 ? from[1] + a * (to[1] - from[1]) : p[1] + a * (q[1] - p[1]) + b * (s[1] - p[1]);
          expect(discs.some((d) => Math.hypot(x - d.x, y - d.y) <= d.r)).toBe(true);
        }
      }
    }
  });

  test("of a rectangle have the closed form: centres +-l/4, r = hypot(l/4, w/2)", () => {
    const discs = footprintDiscs(getRobot("jackal"));
    expect(discs).toHaveLength(2);
    expect(discs[0].x).toBeCloseTo(-0.127, 12);
    expect(discs[1].x).toBeCloseTo(0.127, 12);
    for (const { y, r } of discs) {
      expect(y).toBeCloseTo(0, 12);
      expect(r).toBeCloseTo(Math.hypot(0.127, 0.216), 10);
    }
    expect(discRadius(getRobot("jackal"))).toBeCloseTo(Math.hypot(0.127, 0.216), 10);
  });

  test("default to one for round robots, more for long ones", () => {
    const counts = ROBOT_NAMES.map((name) => footprintDiscs(getRobot(name)).length);
    expect(Object.fromEntries(ROBOT_NAMES.map((name, i) => [name, counts[i]]))).toEqual({
      jackal: 2,
      turtlebot3: 1,
      turtlebot4: 1,
      f1tenth: 3,
      omni: 2,
    });
  });

  test("an illegal count is refused", () => {
    for (const count of [0, 1.5, -1, 99, Number.NaN]) {
      expect(() => footprintDiscs(wedge, count)).toThrow(ConfigError);
    }
  });
});
