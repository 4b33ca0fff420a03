import { describe, expect, it } from "vitest";
import { ConfigError, createRng, type Rng, ShapeError } from "../../src/base/index.ts";
import {
  cellCenter,
  computeDistanceField,
  createGrid,
  distanceAt,
  distanceGradientAt,
  OCCUPIED,
  type OccupancyGrid,
} from "../../src/sim/index.ts";

function randomGrid(rng: Rng, maxSide: number, density: number): OccupancyGrid {
  const grid = createGrid(1 + rng.int(maxSide), 1 + rng.int(maxSide), 0.05 + rng.uniform());
  for (let c = 0; c < grid.cells.length; c++) {
    const u = rng.uniform();
    grid.cells[c] =
      u < density ? OCCUPIED + rng.int(101 - OCCUPIED) : u < density + 0.1 ? -1 : rng.int(OCCUPIED);
  }
  return grid;
}

/** The definition, cell against cell. */
function bruteForce(
  grid: OccupancyGrid,
  isObstacle: (cell: number) => boolean,
  maxDistance: number,
): number[] {
  const { width, height, resolution, cells } = grid;
  const cap = Math.min(maxDistance, resolution * Math.sqrt(width ** 2 + height ** 2));
  return Array.from(cells, (cell, c) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (let o = 0; o < cells.length; o++) {
      if (isObstacle(cells[o]) === isObstacle(cell)) continue;
      const di = (o % width) - (c % width);
      const dj = Math.floor(o / width) - Math.floor(c / width);
      nearest = Math.min(nearest, Math.sqrt(di * di + dj * dj));
    }
    return (isObstacle(cell) ? -1 : 1) * Math.min((nearest - 0.5) * resolution, cap);
  });
}

describe("computeDistanceField", () => {
  it.each([0, 0.01, 0.05, 0.3, 0.7, 0.95, 1])(
    "equals brute force on random grids with density %d",
    (density) => {
      const rng = createRng(100 + Math.round(1000 * density));
      for (let trial = 0; trial < 60; trial++) {
        const grid = randomGrid(rng, 24, density);
        for (const unknown of ["free", "occupied"] as const) {
          const maxDistance = trial % 3 === 0 ? 0.6 : Number.POSITIVE_INFINITY;
          const field = computeDistanceField(grid, { unknown, maxDistance });
          const isObstacle = (cell: number) => cell >= OCCUPIED || (cell < 0 && unknown === "occupied");
          const expected = bruteForce(grid, isObstacle, maxDistance);
          // Squared cell distances are exact integers, so only the last rounding may differ.
          for (let c = 0; c < expected.length; c++) expect(field.distance[c]).toBeCloseTo(expected[c], 12);
        }
      }
    },
  );

  it("equals brute force on long thin grids, one row or one column", () => {
    const rng = createRng(7);
    for (const [width, height] of [
      [1, 200],
      [200, 1],
      [1, 1],
      [2, 90],
    ] as const) {
      const grid = createGrid(width, height, 0.1);
      for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < 0.03 ? 100 : 0;
      const expected = bruteForce(grid, (cell) => cell >= OCCUPIED, Number.POSITIVE_INFINITY);
      const field = computeDistanceField(grid);
      for (let c = 0; c < expected.length; c++) expect(field.distance[c]).toBeCloseTo(expected[c], 12);
    }
  });

  it("is the finite diagonal where there is no obstacle, and minus that where all is obstacle", () => {
    const diagonal = 0.05 * Math.sqrt(30 ** 2 + 40 ** 2);
    for (const [fill, sign] of [
      [0, 1],
      [100, -1],
    ] as const) {
      const field = computeDistanceField(createGrid(30, 40, 0.05, undefined, fill));
      for (const value of field.distance) expect(value).toBeCloseTo(sign * diagonal, 12);
    }
  });

  it("changes sign, by half a cell each way, exactly where the kind of cell changes", () => {
    const grid = createGrid(9, 9, 0.2);
    grid.cells[4 * 9 + 4] = 100;
    const field = computeDistanceField(grid);
    expect(field.distance[4 * 9 + 4]).toBeCloseTo(-0.1, 12);
    expect(field.distance[4 * 9 + 3]).toBeCloseTo(0.1, 12);
    expect(distanceAt(field, 4 * 0.2, 4.5 * 0.2)).toBeCloseTo(0, 12);
  });

  it("overwrites the field it is given, also one of another grid's shape and place", () => {
    const rng = createRng(3);
    const first = randomGrid(rng, 20, 0.2);
    const field = computeDistanceField(first);
    const memory = field.distance;
    const again = { ...first, cells: first.cells.map(() => (rng.uniform() < 0.1 ? 100 : 0)) };
    expect(computeDistanceField(again, undefined, field)).toBe(field);
    expect(field.distance).toBe(memory);
    expect(field.distance).toEqual(computeDistanceField(again).distance);
    const other = createGrid(33, 44, 0.3, { x: 1, y: 2, yaw: 3 }, 100);
    computeDistanceField(other, undefined, field);
    expect(field).toEqual(computeDistanceField(other));
  });

  it("refuses a malformed grid or option", () => {
    const grid = createGrid(3, 3, 1);
    expect(() => computeDistanceField({ ...grid, cells: new Int8Array(8) })).toThrow(ShapeError);
    expect(() => computeDistanceField({ ...grid, resolution: Number.NaN })).toThrow(ConfigError);
    expect(() => computeDistanceField(grid, { maxDistance: 0 })).toThrow(
      "maxDistance is 0, expected a number > 0",
    );
    expect(() => computeDistanceField(grid, { unknown: "ocupied" as never })).toThrow(
      'unknown is "ocupied", expected one of free, occupied (did you mean "occupied"?)',
    );
  });
});

describe("the bilinear interpolant", () => {
  const origin = { x: -2, y: 5, yaw: 0.7 };
  const grid = createGrid(31, 23, 0.1, origin);
  const rng = createRng(12);
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < 0.08 ? 100 : 0;
  const field = computeDistanceField(grid);

  it("is the field itself at the cell centres", () => {
    for (let j = 0; j < grid.height; j++) {
      for (let i = 0; i < grid.width; i++) {
        const [x, y] = cellCenter(grid, i, j) as unknown as [number, number];
        expect(distanceAt(field, x, y)).toBeCloseTo(field.distance[j * grid.width + i], 12);
      }
    }
  });

  it("has the gradient of finite differences inside a cell, in the map frame", () => {
    const gradient = new Float64Array(2);
    const h = 1e-6;
    for (let trial = 0; trial < 2000; trial++) {
      // Well inside a patch between four centres: there the interpolant is a polynomial.
      const i = rng.int(grid.width - 1) + 0.5 + 0.98 * (rng.uniform() - 0.5);
      const j = rng.int(grid.height - 1) + 0.5 + 0.98 * (rng.uniform() - 0.5);
      const [x, y] = cellCenter(grid, i, j) as unknown as [number, number];
      const value = distanceGradientAt(field, x, y, gradient);
      expect(value).toBe(distanceAt(field, x, y));
      const dx = (distanceAt(field, x + h, y) - distanceAt(field, x - h, y)) / (2 * h);
      const dy = (distanceAt(field, x, y + h) - distanceAt(field, x, y - h)) / (2 * h);
      // Rounding of the values over 2h: about 1e-15 / 1e-6.
      expect(Math.abs(gradient[0] - dx)).toBeLessThan(1e-8);
      expect(Math.abs(gradient[1] - dy)).toBeLessThan(1e-8);
    }
  });

  it("moves and turns with the origin", () => {
    const still = computeDistanceField({ ...grid, origin: { x: 0, y: 0, yaw: 0 } });
    const g0 = new Float64Array(2);
    const g1 = new Float64Array(2);
    const [c, s] = [Math.cos(origin.yaw), Math.sin(origin.yaw)];
    for (let trial = 0; trial < 500; trial++) {
      const [x, y] = [4 * rng.uniform() - 0.5, 3 * rng.uniform() - 0.5];
      const d0 = distanceGradientAt(still, x, y, g0);
      const d1 = distanceGradientAt(field, origin.x + c * x - s * y, origin.y + s * x + c * y, g1);
      expect(d1).toBeCloseTo(d0, 10);
      expect(g1[0]).toBeCloseTo(c * g0[0] - s * g0[1], 8);
      expect(g1[1]).toBeCloseTo(s * g0[0] + c * g0[1], 8);
    }
  });

  it("goes on as a constant outside the grid, with no slope across the border", () => {
    const flat = computeDistanceField({ ...grid, origin: { x: 0, y: 0, yaw: 0 } });
    const gradient = new Float64Array(2);
    const inside = distanceGradientAt(flat, 3.05, 1.234, gradient);
    const along = gradient[1];
    expect(distanceGradientAt(flat, 1e6, 1.234, gradient)).toBeCloseTo(inside, 12);
    expect(gradient[0]).toBe(0);
    expect(gradient[1]).toBeCloseTo(along, 12);
    distanceGradientAt(flat, -5, -7, gradient);
    expect([...gradient]).toEqual([0, 0]);
    expect(distanceAt(flat, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(
      flat.distance[(grid.height - 1) * grid.width],
    );
  });

  it("is NaN at NaN, also in one coordinate", () => {
    expect(distanceAt(field, Number.NaN, 0)).toBeNaN();
    expect(distanceAt(field, 0, Number.NaN)).toBeNaN();
  });

  it("works on a grid of one row, one column or one cell", () => {
    const gradient = new Float64Array(2);
    const row = createGrid(5, 1, 1);
    row.cells[0] = 100;
    expect(distanceGradientAt(computeDistanceField(row), 2.75, 9, gradient)).toBeCloseTo(1.75, 12);
    expect([...gradient]).toEqual([1, 0]);
    const column = createGrid(1, 5, 1);
    column.cells[0] = 100;
    expect(distanceGradientAt(computeDistanceField(column), 9, 2.75, gradient)).toBeCloseTo(1.75, 12);
    expect([...gradient]).toEqual([0, 1]);
    expect(distanceAt(computeDistanceField(createGrid(1, 1, 1)), 0.5, 0.5)).toBeCloseTo(Math.SQRT2, 12);
  });
});
