import { describe, expect, it } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  createKeepout,
  createSpeedZones,
  getRobot,
  loadMap,
  type OccupancyGrid,
  parseFilterInfo,
  speedLimits,
  writeMap,
} from "../../src/sim/index.ts";

/** A grid of random zones, of a random size, place and turn. */
function randomMask(seed: number, value = 100): OccupancyGrid {
  const rng = createRng(seed);
  const origin = { x: 5e5 * rng.int(2) + rng.uniform(), y: rng.uniform(), yaw: 6 * rng.uniform() - 3 };
  const mask = createGrid(12 + rng.int(20), 12 + rng.int(20), 0.03 + 0.2 * rng.uniform(), origin);
  for (let n = 0; n < 6; n++) mask.cells[rng.int(mask.cells.length)] = value;
  return mask;
}

const at = (grid: OccupancyGrid, x: number, y: number): number => grid.cells[cellIndexAt(grid, x, y)];

describe("zones that nobody may enter", () => {
  it("cover every cell of another grid that has a point of a zone in it, and few more (30 masks)", () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = createRng(100 + seed);
      const mask = randomMask(seed);
      const { x, y } = mask.origin;
      const map = createGrid(400, 400, 0.02 + 0.08 * rng.uniform(), {
        x: x - 6,
        y: y - 6,
        yaw: rng.uniform(),
      });
      const zone = createKeepout({ grid: mask });
      const stamped = zone.stamp(map);
      let near = 0;
      for (let n = 0; n < 4000; n++) {
        const [px, py] = [x + 8 * rng.uniform() - 4, y + 8 * rng.uniform() - 4];
        const cell = cellIndexAt(map, px, py);
        if (cell < 0) continue;
        if (zone.contains(px, py)) expect(stamped.cells[cell], `seed ${seed}`).toBe(100);
        else if (stamped.cells[cell] === 100) near++;
      }
      expect(near, `seed ${seed}`).toBeLessThan(200);
      expect(map.cells.every((value) => value === 0)).toBe(true);
    }
  });

  it("of the map's own lattice cover the same cells, whatever the values below 100", () => {
    const map = createGrid(60, 50, 0.05, { x: 5e5, y: 5e6, yaw: 0.4 });
    const mask = { ...map, cells: map.cells.map((_, c) => [0, -1, 99, 100, 50][c % 5]) };
    expect(createKeepout({ grid: mask }).stamp(map).cells).toEqual(
      mask.cells.map((v) => (v === 100 ? 100 : 0)),
    );
  });

  it("close what is deeper than a robot is, and let it out", () => {
    const robot = getRobot("turtlebot4");
    const map = createGrid(200, 200, 0.05);
    const zone = createKeepout({ grid: createGrid(40, 40, 0.1, { x: 3, y: 3, yaw: 0 }, 100) });
    const depth = (x: number): number => zone.depth(map, robot, { x, y: 5, yaw: 0 });
    expect(depth(2.7)).toBe(0);
    // The deepest cell that the robot, of radius 0.17 m, touches.
    for (const x of [2.9, 3.2, 3.6, 4.1]) expect(depth(x)).toBeCloseTo(x + 0.17 - 3, 1);
    const open = zone.stamp(map, depth(3.6));
    expect([at(open, 3.7, 5), at(open, 4.1, 5), at(open, 5, 3.2)]).toEqual([0, 100, 0]);
    expect(zone.stamp(createGrid(20, 20, 0.05)).cells.some((v) => v > 0)).toBe(false);
  });
});

describe("speed zones", () => {
  const robot = getRobot("jackal"); // 2 m/s, 2 m/s^2

  it("allow inside what they say, and outside what braking at 1 m/s^2 takes off on the way", () => {
    for (let seed = 0; seed < 5; seed++) {
      const rng = createRng(seed);
      const grid = randomMask(seed, 0);
      for (let n = 0; n < 6; n++) grid.cells[rng.int(grid.cells.length)] = 20 + rng.int(60);
      const zones = createSpeedZones({ grid }, robot)!;
      const gradient = new Float64Array(2);
      const places: { x: number; y: number; limit: number }[] = [];
      for (const [c, value] of grid.cells.entries()) {
        if (value === 0) continue;
        for (let n = 0; n < 20; n++) {
          const [i, j] = [
            (c % grid.width) + rng.uniform() - 0.5,
            Math.floor(c / grid.width) + rng.uniform() - 0.5,
          ];
          const [x, y] = cellCenter(grid, i, j);
          const limit = zones.limitAt(x, y);
          expect(limit).toBeCloseTo(0.02 * (100 - value), 12);
          places.push({ x, y, limit });
        }
      }
      for (const { x, y, limit } of places)
        expect(zones.squaredSpeed(x, y, gradient)).toBeLessThanOrEqual(limit ** 2);
      for (let n = 0; n < 500; n++) {
        const [x, y] = [grid.origin.x + 12 * rng.uniform() - 6, grid.origin.y + 12 * rng.uniform() - 6];
        const most = Math.min(4, ...places.map((p) => p.limit ** 2 + 2 * Math.hypot(p.x - x, p.y - y)));
        const allowed = zones.squaredSpeed(x, y, gradient);
        expect(allowed).toBeLessThanOrEqual(most + 1e-9);
        expect(allowed).toBeGreaterThan(0.94 * most - 2 * 2 * grid.resolution);
      }
    }
  });

  it("mean what Nav2's base and multiplier make of a value, and nothing where that is 0, unknown or no limit", () => {
    const grid = createGrid(5, 1, 1);
    grid.cells.set([0, -1, 30, 80, 100]);
    const meant = (mask: object) => Object.fromEntries(speedLimits({ grid, ...mask }, 2, "m.yaml"));
    expect(meant({ type: 2, base: 0.1, multiplier: 0.01 })).toEqual({ 30: 0.4, 80: 0.9, 100: 1.1 });
    expect(meant({ type: 1, base: 0, multiplier: 1 })).toEqual({ 30: 0.6, 80: 1.6 }); // all of it is no limit
    expect(() => meant({})).toThrow(
      "m.yaml: cells of value 100 mean 0 % (base 100 + multiplier -1 x 100), expected > 0",
    );
    expect(() => meant({ type: 1, base: 0, multiplier: 2 })).toThrow(
      "cells of value 80 mean 160 %, expected".slice(0, 25),
    );
    expect(() => meant({ type: 3 })).toThrow(
      "m.yaml: type is 3, expected 1 (percent of the largest speed) or 2 (m/s)",
    );
    expect(createSpeedZones({ grid: createGrid(4, 4, 1) }, robot)).toBeUndefined();
    expect(() => createKeepout({ grid: createGrid(3, 3, 1, undefined, 40) }, "k.yaml")).toThrow(
      "k.yaml: the largest value is 40, expected 100",
    );
    expect(() => createKeepout({ grid, type: 1 }, "k.yaml")).toThrow(
      "k.yaml: type is 1, expected 0 (keepout)",
    );
  });

  it("come from files in every mode of map_server", async () => {
    const grid = { ...createGrid(7, 3, 0.1, { x: -1, y: 2, yaw: 0.1 }), cells: new Int8Array(21) };
    grid.cells.set([100, 0, -1, 100, 40, 0, 7]);
    for (const mode of ["raw", "scale", "trinary"] as const) {
      const { yaml, image } = writeMap(grid, { name: "mask", mode, format: "png" });
      const text = `${yaml}type: 2\nbase: 0.0\nmultiplier: 0.01\n`;
      const read = await loadMap(text, () => image);
      expect(Array.from(read.cells.subarray(0, 7))).toEqual(
        mode === "trinary" ? [100, 0, -1, 100, -1, 0, 0] : [100, 0, -1, 100, 40, 0, 7],
      );
      expect(parseFilterInfo(text)).toEqual({ type: 2, base: 0, multiplier: 0.01 });
      expect(parseFilterInfo(yaml)).toEqual({});
    }
    expect(() => parseFilterInfo("image: a\nbase: .nan", "m.yaml")).toThrow(
      'm.yaml: base is ".nan", expected a finite number',
    );
    expect(() => parseFilterInfo("image: a\ntype: [1]", "m.yaml")).toThrow(FormatError);
  });
});
