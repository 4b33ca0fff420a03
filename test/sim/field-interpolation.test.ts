import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  cellCenter,
  computeDistanceField,
  createGrid,
  type DistanceField,
  INTERPOLANTS,
  type Interpolation,
} from "../../src/sim/index.ts";

const KINDS: Interpolation[] = ["bilinear", "catmull-rom", "b-spline"];
const origin = { x: 3, y: -1, yaw: -0.6 };
const rng = createRng(21);
const grid = createGrid(27, 19, 0.1, origin);
for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.uniform() < 0.07 ? 100 : 0;
const field = computeDistanceField(grid);
const unused = new Float64Array(2);

function at(f: DistanceField, i: number, j: number): [number, number] {
  return [...cellCenter(f, i, j)] as [number, number];
}

/** Reads one point: its gradient into `out`. */
const readerOf =
  (kind: Interpolation) =>
  (f: DistanceField, x: number, y: number, out: Float64Array): number => {
    const value = new Float64Array(1);
    INTERPOLANTS[kind](f, Float64Array.of(x, y), 1, value, out);
    return value[0];
  };

describe.each(KINDS)("the %s interpolant", (kind) => {
  const interpolate = readerOf(kind);

  it("has the gradient of finite differences, in the map frame, also outside the grid", () => {
    const gradient = new Float64Array(2);
    const h = 1e-6;
    for (let trial = 0; trial < 2000; trial++) {
      // Within a patch between four centres, where all three are polynomials; -3 .. 30 reaches beyond the border.
      const i = Math.floor(33 * rng.uniform() - 3) + 0.01 + 0.98 * rng.uniform();
      const j = Math.floor(25 * rng.uniform() - 3) + 0.01 + 0.98 * rng.uniform();
      const [x, y] = at(field, i, j);
      interpolate(field, x, y, gradient);
      const dx = (interpolate(field, x + h, y, unused) - interpolate(field, x - h, y, unused)) / (2 * h);
      const dy = (interpolate(field, x, y + h, unused) - interpolate(field, x, y - h, unused)) / (2 * h);
      // Rounding 1e-15 / h, and for the cubics h^2 times the third derivative (some 1e2 per cell^2 of 0.1 m).
      expect(Math.abs(gradient[0] - dx)).toBeLessThan(2e-8);
      expect(Math.abs(gradient[1] - dy)).toBeLessThan(2e-8);
    }
  });

  it("is continuous everywhere, across the border too", () => {
    const epsilon = 1e-9;
    for (let trial = 0; trial < 1000; trial++) {
      const i = rng.int(31) - 2;
      const j = 23 * rng.uniform() - 2;
      const [x0, y0] = at(field, i - epsilon, j);
      const [x1, y1] = at(field, i + epsilon, j);
      // A slope of at most 2 over 2e-9 cells.
      expect(Math.abs(interpolate(field, x0, y0, unused) - interpolate(field, x1, y1, unused))).toBeLessThan(
        1e-9,
      );
    }
  });

  it("is exact on a plane, one cell off the border", () => {
    const plane: DistanceField = { ...field, distance: field.distance.slice() };
    const value = (x: number, y: number) => 0.3 + 0.8 * x - 0.6 * y;
    for (let j = 0; j < grid.height; j++) {
      for (let i = 0; i < grid.width; i++) plane.distance[j * grid.width + i] = value(...at(plane, i, j));
    }
    const gradient = new Float64Array(2);
    for (let trial = 0; trial < 200; trial++) {
      const [x, y] = at(plane, 1 + 24 * rng.uniform(), 1 + 16 * rng.uniform());
      expect(interpolate(plane, x, y, gradient)).toBeCloseTo(value(x, y), 12);
      expect(gradient[0]).toBeCloseTo(0.8, 10);
      expect(gradient[1]).toBeCloseTo(-0.6, 10);
    }
  });

  it("is finite on a grid of one row, one column or one cell, and NaN at NaN", () => {
    for (const [width, height] of [
      [1, 1],
      [6, 1],
      [1, 6],
      [2, 2],
    ] as const) {
      const small = createGrid(width, height, 1);
      small.cells[0] = 100;
      const f = computeDistanceField(small);
      for (let trial = 0; trial < 50; trial++) {
        expect(interpolate(f, 8 * rng.uniform() - 1, 8 * rng.uniform() - 1, unused)).not.toBeNaN();
        expect(unused.every(Number.isFinite)).toBe(true);
      }
      expect(interpolate(f, Number.NaN, 0.5, unused)).toBeNaN();
    }
  });
});

it("every interpolant reads many points as it reads each of them", () => {
  const points = Float64Array.from({ length: 40 }, (_, i) => [3, -1][i % 2] + 3 * rng.uniform());
  const [values, gradients, gradient] = [20, 40, 2].map((n) => new Float64Array(n));
  for (const kind of KINDS) {
    INTERPOLANTS[kind](field, points, 20, values, gradients);
    for (let i = 0; i < 20; i++) {
      expect(values[i]).toBe(readerOf(kind)(field, points[2 * i], points[2 * i + 1], gradient));
      expect([...gradients.subarray(2 * i, 2 * i + 2)]).toEqual([...gradient]);
    }
  }
});

it("bilinear and catmull-rom pass through the samples; b-spline is within two thirds of a cell of them", () => {
  for (let j = 0; j < grid.height; j++) {
    for (let i = 0; i < grid.width; i++) {
      const [x, y] = at(field, i, j);
      const sample = field.distance[j * grid.width + i];
      expect(readerOf("bilinear")(field, x, y, unused)).toBeCloseTo(sample, 10);
      expect(readerOf("catmull-rom")(field, x, y, unused)).toBeCloseTo(sample, 10);
      expect(Math.abs(readerOf("b-spline")(field, x, y, unused) - sample)).toBeLessThan(0.1 * (2 / 3));
    }
  }
});

it.each([
  ["catmull-rom", 1],
  ["b-spline", 2],
] as const)(
  "%s has a continuous derivative of order %i across the lines through the centres",
  (kind, order) => {
    const straight = { ...field, origin: { x: 0, y: 0, yaw: 0 } };
    const slope = (x: number, y: number) => {
      readerOf(kind)(straight, x, y, unused);
      return unused[0];
    };
    const h = 1e-5;
    for (let trial = 0; trial < 300; trial++) {
      const x = 0.05 + 0.1 * (1 + rng.int(24));
      const y = 0.1 + 1.7 * rng.uniform();
      if (order === 1) {
        expect(Math.abs(slope(x + 1e-9, y) - slope(x - 1e-9, y))).toBeLessThan(1e-6);
      } else {
        const right = (slope(x + h, y) - slope(x, y)) / h;
        const left = (slope(x, y) - slope(x - h, y)) / h;
        // The third derivative, some 1e3 per m^2, times h.
        expect(Math.abs(right - left)).toBeLessThan(0.05);
      }
    }
  },
);
