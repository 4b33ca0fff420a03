import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  castRay,
  createGrid,
  createRangeSensor,
  type OccupancyGrid,
  worldToCell,
} from "../../src/sim/index.ts";

/** Brute force: the ray against the square of every occupied cell, by the slab method. */
function slowCast(grid: OccupancyGrid, x: number, y: number, angle: number, range: number): number {
  const [u, v] = worldToCell(grid, x, y);
  const du = Math.cos(angle - grid.origin.yaw);
  const dv = Math.sin(angle - grid.origin.yaw);
  let best = Number.POSITIVE_INFINITY;
  for (let j = 0; j < grid.height; j++) {
    for (let i = 0; i < grid.width; i++) {
      if (grid.cells[j * grid.width + i] < 65) continue;
      const a = [(i - u) / du, (i + 1 - u) / du];
      const b = [(j - v) / dv, (j + 1 - v) / dv];
      const from = Math.max(Math.min(...a), Math.min(...b), 0);
      if (from <= Math.min(Math.max(...a), Math.max(...b))) best = Math.min(best, from);
    }
  }
  const distance = best * grid.resolution;
  return distance <= range ? distance : Number.POSITIVE_INFINITY;
}

function randomGrid(seed: number, yaw: number): OccupancyGrid {
  const rng = createRng(seed);
  const grid = createGrid(50, 30, 0.07, { x: -1, y: 2, yaw });
  for (let c = 0; c < grid.cells.length; c++) {
    const p = rng.uniform();
    grid.cells[c] = p < 0.03 ? 100 : p < 0.2 ? -1 : 0;
  }
  return grid;
}

describe("a ray", () => {
  test("ends where brute force over all cells says, from inside and outside, on rotated grids", () => {
    const rng = createRng(2);
    let hits = 0;
    for (let n = 0; n < 1000; n++) {
      const grid = randomGrid(n % 7, n % 2 === 0 ? 0 : 0.8);
      const x = -3 + 6 * rng.uniform();
      const y = 6 * rng.uniform();
      const angle = 2 * Math.PI * rng.uniform();
      const exact = slowCast(grid, x, y, angle, 2.5);
      const cast = castRay(grid, x, y, angle, 2.5);
      if (Number.isFinite(exact)) {
        hits++;
        expect(cast).toBeCloseTo(exact, 9);
      } else expect(cast).toBe(exact);
    }
    expect(hits).toBeGreaterThan(100);
  });

  test("along an axis, on a cell border and through corners is handled", () => {
    const grid = createGrid(10, 10, 1);
    grid.cells[5 * 10 + 8] = 100; // [8, 9] x [5, 6]
    expect(castRay(grid, 2, 5.5, 0, 20)).toBe(6);
    expect(castRay(grid, 8.5, 0, Math.PI / 2, 20)).toBe(5);
    expect(castRay(grid, 2.5, 5, 0, 20)).toBe(5.5); // along the border of rows 4 and 5
    expect(castRay(grid, 8.5, 5.5, 1, 20)).toBe(0);
    expect(castRay(grid, 3, 0, Math.PI / 4, 20)).toBeCloseTo(5 * Math.SQRT2, 12); // into the corner (8, 5)
    expect(castRay(grid, 12, 5.5, Math.PI, 20)).toBe(3);
    expect(castRay(grid, 12, 5.5, 0, 20)).toBe(Number.POSITIVE_INFINITY);
    expect(castRay(grid, 2, 5.5, 0, 5.9)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a scan", () => {
  const room = createGrid(100, 100, 0.1, { x: -5, y: -5, yaw: 0 });
  for (let n = 0; n < 100; n++) {
    for (const c of [n, 99 * 100 + n, n * 100, n * 100 + 99]) room.cells[c] = 100;
  }

  test("of a square room has the closed form", () => {
    const sensor = createRangeSensor({ rng: createRng(1), noise: 0 });
    const yaw = 0.3;
    const { angles, ranges, pose, range } = sensor.scan(room, { x: 0.55, y: -0.25, yaw });
    expect(pose).toEqual({ x: 0.55, y: -0.25, yaw });
    expect(range).toBe(8);
    expect(angles).toHaveLength(720);
    expect(angles[0]).toBe(-Math.PI);
    expect(angles[719]).toBeCloseTo(Math.PI - (2 * Math.PI) / 720, 12);
    angles.forEach((angle, n) => {
      const c = Math.cos(angle + yaw);
      const s = Math.sin(angle + yaw);
      const tx = c > 0 ? (4.9 - 0.55) / c : (-4.9 - 0.55) / c;
      const ty = s > 0 ? (4.9 + 0.25) / s : (-4.9 + 0.25) / s;
      expect(ranges[n]).toBeCloseTo(Math.min(tx, ty), 9);
    });
  });

  test("beyond the range is Infinity", () => {
    const sensor = createRangeSensor({ rng: createRng(1), range: 4.8 });
    const { ranges } = sensor.scan(room, { x: 0, y: 0, yaw: 0 });
    expect(Array.from(ranges).every((r) => r === Number.POSITIVE_INFINITY)).toBe(true);
  });

  test("noise is unbiased, has the deviation asked for and stays within 0 .. range", () => {
    const exact = createRangeSensor({ rng: createRng(1), noise: 0 });
    const noisy = createRangeSensor({ rng: createRng(1), noise: 0.02 });
    const pose = { x: 1, y: 1, yaw: 0 };
    const truth = exact.scan(room, pose).ranges;
    let sum = 0;
    let squares = 0;
    let n = 0;
    for (let k = 0; k < 20; k++) {
      noisy.scan(room, pose).ranges.forEach((r, i) => {
        if (truth[i] > 7.9) return;
        sum += r - truth[i];
        squares += (r - truth[i]) ** 2;
        n++;
      });
    }
    expect(Math.abs(sum / n)).toBeLessThan((5 * 0.02) / Math.sqrt(n));
    expect(Math.abs(Math.sqrt(squares / n) / 0.02 - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
    const wild = createRangeSensor({ rng: createRng(1), noise: 10 });
    for (const r of wild.scan(room, pose).ranges.filter(Number.isFinite)) {
      expect(r).toBeGreaterThanOrEqual(0);
      expect(r).toBeLessThanOrEqual(8);
    }
  });

  test("lost returns are NaN, in the share asked for", () => {
    const sensor = createRangeSensor({ rng: createRng(5), dropout: 0.25, beams: 4000 });
    const lost = Array.from(sensor.scan(room, { x: 0, y: 0, yaw: 0 }).ranges).filter(Number.isNaN).length;
    expect(Math.abs(lost / 4000 - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 4000));
  });

  test("the same seed gives the same bytes", () => {
    const scan = (seed: number) =>
      createRangeSensor({ rng: createRng(seed), dropout: 0.1 }).scan(room, { x: 0, y: 0, yaw: 0 }).ranges;
    expect(scan(3)).toEqual(scan(3));
    expect(scan(3)).not.toEqual(scan(4));
  });

  test("a narrow field of view has a beam at both of its ends", () => {
    const sensor = createRangeSensor({ rng: createRng(1), fov: Math.PI, beams: 181 });
    const { angles } = sensor.scan(room, { x: 0, y: 0, yaw: 0 });
    expect(angles[0]).toBe(-Math.PI / 2);
    expect(angles[90]).toBeCloseTo(0, 12);
    expect(angles[180]).toBeCloseTo(Math.PI / 2, 12);
    expect(
      createRangeSensor({ rng: createRng(1), fov: 1, beams: 1 }).scan(room, { x: 0, y: 0, yaw: 0 }).angles[0],
    ).toBe(0);
  });

  test("a pose that is not finite gives no valid return", () => {
    const sensor = createRangeSensor({ rng: createRng(1) });
    const { ranges } = sensor.scan(room, { x: Number.NaN, y: 0, yaw: 0 });
    expect(Array.from(ranges).every(Number.isNaN)).toBe(true);
  });

  test("illegal options are refused", () => {
    const rng = createRng(1);
    for (const options of [
      { beams: 0 },
      { beams: 1.5 },
      { fov: 0 },
      { fov: 7 },
      { range: -1 },
      { range: Number.POSITIVE_INFINITY },
      { noise: -0.1 },
      { noise: Number.NaN },
      { dropout: 2 },
    ]) {
      expect(() => createRangeSensor({ rng, ...options })).toThrow(ConfigError);
    }
  });
});
