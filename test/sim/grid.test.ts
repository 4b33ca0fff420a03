import { describe, expect, it } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  OCCUPIED,
  type OccupancyGrid,
  occupyDisc,
  validateGrid,
  worldToCell,
} from "../../src/sim/index.ts";

describe("the frame of a grid", () => {
  it("gives every cell's centre back as that cell, with any origin and yaw", () => {
    const rng = createRng(1);
    for (let trial = 0; trial < 50; trial++) {
      const origin = { x: 20 * rng.gauss(), y: 20 * rng.gauss(), yaw: trial === 0 ? 0 : 7 * rng.gauss() };
      const grid = createGrid(1 + rng.int(9), 1 + rng.int(9), 0.01 + rng.uniform(), origin);
      for (let j = 0; j < grid.height; j++) {
        for (let i = 0; i < grid.width; i++) {
          const [x, y] = cellCenter(grid, i, j) as unknown as [number, number];
          expect(cellIndexAt(grid, x, y)).toBe(j * grid.width + i);
          const cell = worldToCell(grid, x, y);
          expect(cell[0]).toBeCloseTo(i + 0.5, 9);
          expect(cell[1]).toBeCloseTo(j + 0.5, 9);
        }
      }
    }
  });

  it("turns counter-clockwise about the corner of cell (0, 0)", () => {
    const grid = createGrid(4, 2, 0.5, { x: 10, y: -3, yaw: Math.PI / 2 });
    // Columns run along map y, rows along map -x.
    const centre = cellCenter(grid, 3, 1);
    expect(centre[0]).toBeCloseTo(10 - 1.5 * 0.5, 12);
    expect(centre[1]).toBeCloseTo(-3 + 3.5 * 0.5, 12);
    expect(cellIndexAt(grid, 9.9, -2.9)).toBe(0);
  });

  it("is closed below and open above, and -1 outside and for NaN", () => {
    const grid = createGrid(4, 2, 0.5);
    expect(cellIndexAt(grid, 0, 0)).toBe(0);
    expect(cellIndexAt(grid, 1.999, 0.999)).toBe(7);
    for (const [x, y] of [
      [2, 0.5],
      [0.5, 1],
      [-1e-9, 0.5],
      [0.5, -1e-9],
      [Number.NaN, 0.5],
      [0.5, Number.NaN],
      [Number.POSITIVE_INFINITY, 0.5],
    ] as const) {
      expect(cellIndexAt(grid, x, y)).toBe(-1);
    }
  });
});

describe("createGrid", () => {
  it("fills every cell", () => {
    expect([...createGrid(2, 2, 1, undefined, -1).cells]).toEqual([-1, -1, -1, -1]);
  });

  it.each([
    ["width", () => createGrid(0, 2, 1), "grid width is 0, expected an integer >= 1 [cells]"],
    ["width", () => createGrid(2.5, 2, 1), "width is 2.5"],
    ["width", () => createGrid(Number.NaN, 2, 1), "width is NaN"],
    ["height", () => createGrid(2, -1, 1), "height is -1"],
    ["size", () => createGrid(100_000, 100_000, 1), "10000000000 cells, expected at most 67108864"],
    ["resolution", () => createGrid(2, 2, 0), "grid resolution is 0, expected a number"],
    ["resolution", () => createGrid(2, 2, Number.POSITIVE_INFINITY), "resolution is Infinity"],
    ["origin", () => createGrid(2, 2, 1, { x: Number.NaN, y: 0, yaw: 0 }), "x: NaN"],
    ["origin", () => createGrid(2, 2, 1, { x: 0, y: 0, yaw: Number.NEGATIVE_INFINITY }), "yaw: -Infinity"],
    ["fill", () => createGrid(2, 2, 1, undefined, 101), "fill is 101, expected -1 (unknown)"],
  ])("refuses a bad %s", (_, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe("validateGrid", () => {
  const good: OccupancyGrid = createGrid(3, 2, 0.1, undefined, 100);
  it("accepts what createGrid makes", () => expect(() => validateGrid(good)).not.toThrow());
  it("refuses cells of another length", () => {
    expect(() => validateGrid({ ...good, cells: new Int8Array(5) })).toThrow(ShapeError);
    expect(() => validateGrid({ ...good, cells: new Int8Array(5) })).toThrow(
      "grid.cells has length 5, expected width*height = 6",
    );
  });
  it("refuses a cell outside -1 .. 100", () => {
    const cells = Int8Array.of(0, 0, 0, 0, -2, 0);
    expect(() => validateGrid({ ...good, cells })).toThrow("grid.cells[4] is -2");
  });
  it("refuses cells of another type and a missing origin", () => {
    expect(() => validateGrid({ ...good, cells: [0] as unknown as Int8Array })).toThrow(ConfigError);
    expect(() => validateGrid({ ...good, origin: undefined as never })).toThrow(ConfigError);
  });
});

describe("an obstacle that is drawn into a grid", () => {
  it("has the cells whose centres are within its radius, by a look at all of them, also across an edge", () => {
    const rng = createRng(2);
    for (let trial = 0; trial < 60; trial++) {
      const origin = { x: rng.gauss(), y: rng.gauss(), yaw: trial % 2 === 0 ? 0 : 3 * rng.gauss() };
      const grid = createGrid(3 + rng.int(30), 3 + rng.int(30), 0.05 + 0.1 * rng.uniform(), origin);
      const [x, y] = [origin.x + 2 * rng.gauss(), origin.y + 2 * rng.gauss()];
      const radius = 0.8 * rng.uniform();
      const { cells } = occupyDisc(grid, x, y, radius);
      const reach = Math.max(radius, 0.75 * grid.resolution);
      for (let c = 0; c < cells.length; c++) {
        const [cx, cy] = cellCenter(grid, c % grid.width, Math.floor(c / grid.width));
        expect(cells[c] >= OCCUPIED).toBe(Math.hypot(cx - x, cy - y) <= reach);
      }
    }
  });
});
