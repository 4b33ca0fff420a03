import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import { cellCenter, cellIndexAt, createLocalGrid, OCCUPIED, UNKNOWN } from "../../src/sim/index.ts";
import { cluttered, ringScan, valueAt } from "./local-grids.ts";

describe("rolling", () => {
  test("keeps what is known at its place in the map, and knows nothing of new ground", () => {
    const local = createLocalGrid({ size_m: 3, resolution: 0.1 });
    const known = new Map<string, number>();
    const rng = createRng(7);
    const key = (x: number, y: number): string =>
      `${Math.floor(x / 0.1 + 1e-6)},${Math.floor(y / 0.1 + 1e-6)}`;
    const truth = cluttered(4, { x: -5, y: -5, yaw: 0 }, 0.1);
    local.copyFrom(truth);
    let x = 0;
    let y = 0;
    for (let step = 0; step < 60; step++) {
      const { grid } = local;
      const before = new Map<string, number>();
      for (let j = 0; j < grid.height; j++) {
        for (let i = 0; i < grid.width; i++) {
          const [cx, cy] = cellCenter(grid, i, j);
          before.set(key(cx, cy), grid.cells[j * grid.width + i]);
        }
      }
      x += (rng.uniform() - 0.5) * (step % 10 === 9 ? 9 : 1);
      y += (rng.uniform() - 0.5) * (step % 15 === 9 ? 9 : 1);
      local.recenter(x, y);
      const after = local.grid;
      expect(cellIndexAt(after, x, y)).toBe(15 * 30 + 15);
      for (let j = 0; j < after.height; j++) {
        for (let i = 0; i < after.width; i++) {
          const [cx, cy] = cellCenter(after, i, j);
          expect(after.cells[j * after.width + i]).toBe(before.get(key(cx, cy)) ?? UNKNOWN);
        }
      }
      if (step % 4 === 0) local.copyFrom(truth);
      known.clear();
    }
  });

  test("evidence rolls with the cells", () => {
    const local = createLocalGrid();
    const pose = { x: 0.01, y: 0.01, yaw: 0 };
    for (let k = 0; k < 20; k++) local.integrate(ringScan(pose, 8, () => 1));
    local.recenter(0.5, -0.3);
    for (let k = 0; k < 8; k++) local.integrate(ringScan(pose, 8, () => 3));
    expect(valueAt(local, 1.03, 0.01)).toBe(100);
    local.integrate(ringScan(pose, 8, () => 3));
    expect(valueAt(local, 1.03, 0.01)).toBe(0);
  });

  test("a point that is not finite is ignored", () => {
    const local = createLocalGrid();
    const before = local.grid;
    local.recenter(Number.NaN, 0);
    local.recenter(0, Number.POSITIVE_INFINITY);
    expect(local.grid).toBe(before);
  });

  test("cells coincide with those of the map it is anchored to, far away too", () => {
    const anchor = { x: 0.013, y: -0.021 };
    const local = createLocalGrid({ anchor });
    local.recenter(1234.5, -987.6);
    expect(((local.grid.origin.x - anchor.x) / 0.05) % 1).toBeCloseTo(0, 6);
    expect(Math.abs(((local.grid.origin.y - anchor.y) / 0.05) % 1)).toBeCloseTo(0, 6);
  });
});

describe("a copy of the truth", () => {
  test("is the truth where cells coincide", () => {
    const truth = cluttered(3, { x: -5, y: -5, yaw: 0 });
    truth.cells[100 * 200 + 90] = UNKNOWN;
    const local = createLocalGrid();
    local.recenter(3, 0.5);
    local.copyFrom(truth);
    const { grid } = local;
    for (let j = 0; j < grid.height; j++) {
      for (let i = 0; i < grid.width; i++) {
        const [x, y] = cellCenter(grid, i, j);
        const index = cellIndexAt(truth, x, y);
        expect(grid.cells[j * grid.width + i]).toBe(index < 0 ? UNKNOWN : truth.cells[index]);
      }
    }
  });

  test("hides no occupied point when cells differ in size, phase or angle", () => {
    const rng = createRng(12);
    for (const [resolution, yaw] of [
      [0.05, 0.3],
      [0.1, 0],
      [0.03, 1.2],
      [0.13, -0.7],
    ]) {
      const truth = cluttered(6, { x: -4.02, y: -4.99, yaw }, resolution);
      const local = createLocalGrid();
      local.copyFrom(truth);
      let occupied = 0;
      for (let n = 0; n < 20000; n++) {
        const x = 7.9 * (rng.uniform() - 0.5);
        const y = 7.9 * (rng.uniform() - 0.5);
        const index = cellIndexAt(truth, x, y);
        if (index >= 0 && truth.cells[index] >= OCCUPIED) {
          occupied++;
          expect(valueAt(local, x, y)).toBe(100);
        } else expect(valueAt(local, x, y)).not.toBe(index < 0 ? 0 : 99);
      }
      expect(occupied).toBeGreaterThan(100);
    }
  });
});

test("illegal options are refused", () => {
  for (const options of [
    { resolution: 0 },
    { resolution: Number.NaN },
    { size_m: 0 },
    { size_m: 1e9 },
    { noise_m: -1 },
    { anchor: { x: Number.NaN, y: 0 } },
  ]) {
    expect(() => createLocalGrid(options)).toThrow(ConfigError);
  }
});

test("what was seen within a radius of a place is forgotten, and nothing else, on the grid and beyond its edge", () => {
  const local = createLocalGrid({ size_m: 6 });
  local.integrate(ringScan({ x: 0, y: 0, yaw: 0 }, 8, () => 2));
  const before = local.grid.cells.slice();
  const [x, y, radius] = [1.9, 0.3, 0.5];
  local.forget(x, y, radius);
  const { grid } = local;
  const centre = new Float64Array(2);
  let forgotten = 0;
  for (let c = 0; c < before.length; c++) {
    cellCenter(grid, c % grid.width, Math.floor(c / grid.width), centre);
    const within = Math.hypot(centre[0] - x, centre[1] - y) <= radius;
    expect(grid.cells[c]).toBe(within ? UNKNOWN : before[c]);
    if (within && before[c] >= OCCUPIED) forgotten++;
  }
  expect(forgotten).toBeGreaterThan(5);
  local.forget(100, 0, 1);
  local.forget(-3, 0, 0.5);
  // It is seen again as if for the first time: one pass makes a cell free.
  local.integrate(ringScan({ x: 0, y: 0, yaw: 0 }, 8, () => 2.7));
  expect(valueAt(local, 2, 0)).toBe(0);
});
