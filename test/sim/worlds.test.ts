import { describe, expect, it } from "vitest";
import {
  cellIndexAt,
  makeWorld,
  OCCUPIED,
  type OccupancyGrid,
  parseWorldName,
  parseWorldRange,
  WORLD_DEFAULTS,
  WORLD_FAMILIES,
  type World,
} from "../../src/sim/index.ts";

/** Distance from a point to the nearest point of an occupied cell, by looking at every cell. [m] */
function clearanceAt(grid: OccupancyGrid, x: number, y: number): number {
  const { width, height, resolution: h, cells } = grid;
  let nearest = Math.min(x, y, width * h - x, height * h - y);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (cells[j * width + i] < OCCUPIED) continue;
      const dx = Math.max(i * h - x, 0, x - (i + 1) * h);
      const dy = Math.max(j * h - y, 0, y - (j + 1) * h);
      nearest = Math.min(nearest, Math.hypot(dx, dy));
    }
  }
  return nearest;
}

/** Number of straight steps from start to goal through cells whose centre is `radius` from all obstacles. */
function straightSteps(world: World, radius: number): number {
  const { width, height, resolution: h, cells } = world.grid;
  const blocked = new Uint8Array(width * height);
  const reach = Math.ceil(radius / h) + 1;
  const offsets: number[][] = [];
  for (let b = -reach; b <= reach; b++) {
    for (let a = -reach; a <= reach; a++) {
      const gap = Math.hypot(Math.max(0, Math.abs(a) - 0.5), Math.max(0, Math.abs(b) - 0.5)) * h;
      if (gap < radius - 1e-9) offsets.push([a, b]);
    }
  }
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      if (cells[j * width + i] < OCCUPIED) continue;
      for (const [a, b] of offsets) {
        const [p, q] = [i + a, j + b];
        if (p >= 0 && p < width && q >= 0 && q < height) blocked[q * width + p] = 1;
      }
    }
  }
  const start = cellIndexAt(world.grid, world.start.x, world.start.y);
  const goal = cellIndexAt(world.grid, world.goal.x, world.goal.y);
  const steps = new Int32Array(width * height).fill(-1);
  if (blocked[start] === 1) return -1;
  steps[start] = 0;
  const queue = [start];
  for (const c of queue) {
    if (c === goal) return steps[c];
    for (const to of [c - 1, c + 1, c - width, c + width]) {
      if (blocked[to] !== 0 || steps[to] !== -1) continue; // the border is a wall: no wrap-around
      steps[to] = steps[c] + 1;
      queue.push(to);
    }
  }
  return -1;
}

describe.each(WORLD_FAMILIES)("worlds of the family %s", (family) => {
  const worlds = Array.from({ length: 100 }, (_, seed) => makeWorld(family, seed));

  it("are the same bytes for the same seed, and others for another", () => {
    const again = makeWorld(family, 7);
    expect(again).toEqual(worlds[7]);
    for (const other of worlds.slice(8, 12)) expect(other.grid.cells).not.toEqual(again.grid.cells);
  });

  it("have a way from start to goal for seeds 0 to 99, by a breadth-first search of the test's own", () => {
    for (const world of worlds) {
      const metres = straightSteps(world, WORLD_DEFAULTS.clearance) * world.grid.resolution;
      expect(metres, world.name).toBeGreaterThan(7.5);
      expect(metres, world.name).toBeLessThan(25 * Math.SQRT2);
    }
  });

  it("are closed by walls, fully known, and 6 to 17 m long", () => {
    for (const { grid, name } of worlds) {
      const { width, height, cells, resolution } = grid;
      const open = cells.filter((value, c) => {
        const [i, j] = [c % width, Math.floor(c / width)];
        return value !== 100 && (i === 0 || j === 0 || i === width - 1 || j === height - 1);
      });
      expect(open.length, name).toBe(0);
      expect(
        cells.every((c) => c === 0 || c === 100),
        name,
      ).toBe(true);
      const long = Math.max(width, height) * resolution;
      expect(long, name).toBeGreaterThan(6);
      expect(long, name).toBeLessThan(17);
    }
  });

  it("leave room to turn at the start and at the goal, and the start looks into free space", () => {
    for (const { grid, start, goal, name } of worlds.slice(0, 25)) {
      expect(clearanceAt(grid, start.x, start.y), name).toBeGreaterThan(0.5);
      expect(clearanceAt(grid, goal.x, goal.y), name).toBeGreaterThan(0.5);
      const ahead = 0.4;
      const x = start.x + ahead * Math.cos(start.yaw);
      const y = start.y + ahead * Math.sin(start.yaw);
      expect(clearanceAt(grid, x, y), name).toBeGreaterThan(0.2);
    }
  });

  it("let wider and narrower robots through when asked to", () => {
    for (const clearance of [0.12, 0.5, 0.6]) {
      for (let seed = 0; seed < 10; seed++) {
        const world = makeWorld(family, seed, { clearance });
        expect(straightSteps(world, clearance), `${world.name} at ${clearance}`).toBeGreaterThan(0);
      }
    }
  });
});

describe("names of worlds", () => {
  it("are read back", () => {
    expect(parseWorldName("cells:17")).toEqual({ family: "cells", seed: 17 });
    expect(parseWorldName(makeWorld("maze", 3).name)).toEqual({ family: "maze", seed: 3 });
    expect(parseWorldRange("rooms:8-10").map((w) => w.seed)).toEqual([8, 9, 10]);
    expect(parseWorldRange("rooms:8")).toEqual([{ family: "rooms", seed: 8 }]);
  });

  it("that are wrong are refused with the legal values and a suggestion", () => {
    expect(() => parseWorldName("cell:1")).toThrow(
      /expected one of cells, clutter, rooms, corridor, maze, crowd, crossing, doorway, dynabarn .did you mean "cells"/,
    );
    expect(() => parseWorldName("Maze:1")).toThrow(/did you mean "maze"/);
    expect(() => parseWorldName("forest:1")).toThrow(/"forest", expected one of cells/);
    expect(() => parseWorldName("cells")).toThrow(/FAMILY:SEED/);
    for (const seed of ["", "-1", "1.5", "x", "1e3", " 1", "2147483648", "NaN"]) {
      expect(() => parseWorldName(`cells:${seed}`), seed).toThrow(
        /seed is .*expected an integer 0 \.\. 2147483647/,
      );
    }
    expect(() => parseWorldRange("cells:5-4")).toThrow(/FROM <= TO/);
    expect(() => parseWorldRange("cells:0-2000000000")).toThrow(/at most/);
    expect(() => parseWorldRange("cells:1-")).toThrow(/seed/);
  });

  it("and options that are wrong are refused by makeWorld too", () => {
    expect(() => makeWorld("forest" as "maze", 1)).toThrow(/expected one of/);
    expect(() => makeWorld("maze", -1)).toThrow(/seed is -1/);
    expect(() => makeWorld("maze", Number.NaN)).toThrow(/seed is NaN/);
    for (const clearance of [0, -1, Number.NaN, 0.61, Number.POSITIVE_INFINITY]) {
      expect(() => makeWorld("maze", 1, { clearance })).toThrow(/clearance is .*0\.05 \.\. 0\.6/);
    }
  });
});
