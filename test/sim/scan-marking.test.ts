import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { cellCenter, createGrid, createLocalGrid, createRangeSensor, UNKNOWN } from "../../src/sim/index.ts";
import { cluttered, confusion, overlapsWall, ringScan, valueAt } from "./local-grids.ts";

describe("integrating scans", () => {
  const origin = { x: -5, y: -5, yaw: 0 };

  test("without noise, what is known is true, wherever it is looked from", () => {
    const truth = cluttered(1, origin);
    const sensor = createRangeSensor({ rng: createRng(1), noise: 0 });
    const local = createLocalGrid({ noise_m: 0 });
    const rng = createRng(2);
    for (let n = 0; n < 30; n++) {
      const pose = { x: rng.uniform() - 0.5, y: rng.uniform() - 0.5, yaw: 6 * rng.uniform() };
      local.integrate(sensor.scan(truth, pose));
    }
    const { wallSeen, wallAsFree, freeSeen, freeAsWall } = confusion(local, truth);
    expect(wallAsFree).toBe(0);
    expect(freeAsWall).toBe(0);
    expect(wallSeen).toBeGreaterThan(100);
    expect(freeSeen).toBeGreaterThan(5000);
  });

  test("with 1 cm noise no wall is lost and hardly a cell is thickened", () => {
    let seen = 0;
    let thick = 0;
    let lost = 0;
    for (let seed = 0; seed < 5; seed++) {
      const truth = cluttered(seed, origin);
      const sensor = createRangeSensor({ rng: createRng(seed) });
      const local = createLocalGrid({ size_m: 11 });
      const rng = createRng(seed + 50);
      for (let n = 0; n < 40; n++) {
        const pose = { x: rng.uniform() - 0.5, y: rng.uniform() - 0.5, yaw: 6 * rng.uniform() };
        local.integrate(sensor.scan(truth, pose));
      }
      const counts = confusion(local, truth);
      seen += counts.wallSeen;
      lost += counts.wallAsFree;
      thick += counts.freeAsWall;
    }
    expect(seen).toBeGreaterThan(1000);
    expect(lost / seen).toBeLessThan(0.003);
    expect(thick / seen).toBeLessThan(0.03);
  });

  test("pillars that a robot drives past grow by few cells, however many beams clip the corners of theirs", () => {
    // Each return two standard deviations behind where it was measured, whatever is known, and it is a quarter of them.
    const truth = createGrid(160, 80, 0.05);
    for (let n = 0; n < 6; n++) {
      const [column, row] = [20 + 24 * n, n % 2 === 0 ? 60 : 20];
      for (let j = 0; j < 80; j++)
        for (let i = 0; i < 160; i++)
          if (Math.hypot(i + 0.5 - column, j + 0.5 - row) < 4 + (n % 3)) truth.cells[j * 160 + i] = 100;
    }
    let [seen, thick, lost] = [0, 0, 0];
    for (let seed = 0; seed < 2; seed++) {
      const sensor = createRangeSensor({ rng: createRng(seed) });
      const local = createLocalGrid();
      for (let k = 0; k <= 60; k++) {
        const pose = { x: 1 + 0.1 * k, y: 2, yaw: 0 };
        local.recenter(pose.x, pose.y);
        local.integrate(sensor.scan(truth, pose));
      }
      const counts = confusion(local, truth);
      seen += counts.wallSeen;
      thick += counts.freeAsWall;
      lost += counts.wallAsFree;
    }
    expect(seen).toBeGreaterThan(180);
    expect(thick / seen).toBeLessThan(0.15);
    expect(lost).toBeLessThan(2);
  });

  test.each([
    ["whose cells coincide", 0, 0],
    ["whose cells are shifted by half a cell", 0.025, 0],
    ["whose cells are rotated", 0, 0.2],
  ])("driving along walls for 20 s never erodes them: a grid %s", (_, offset, yaw) => {
    // a corridor 1.2 m wide and 30 m long, seen mostly at grazing angles
    const truth = createGrid(600, 40, 0.05, { x: offset, y: offset, yaw });
    for (let i = 0; i < 600; i++) {
      for (const j of [6, 7, 32, 33]) truth.cells[j * 600 + i] = 100;
    }
    const sensor = createRangeSensor({ rng: createRng(3) });
    const local = createLocalGrid();
    const c = Math.cos(yaw);
    const s = Math.sin(yaw);
    /** Surface points of both walls, by their distance along the corridor. */
    const surface = (along: number): [number, number][] =>
      [8 * 0.05 - 0.021, 32 * 0.05 + 0.021].map((y) => [
        offset + c * along - s * y,
        offset + s * along + c * y,
      ]);
    let checked = 0;
    let missing = 0;
    let eroded = 0;
    let thick = 0;
    const wasWall = new Set<string>();
    for (let k = 0; k < 200; k++) {
      const along = 5 + 0.1 * k;
      const across = 1 + 0.35 * Math.sin(k / 7);
      const pose = { x: offset + c * along - s * across, y: offset + s * along + c * across, yaw: yaw + 0.1 };
      local.recenter(pose.x, pose.y);
      local.integrate(sensor.scan(truth, pose));
      const { grid } = local;
      for (let j = 0; j < grid.height; j++) {
        for (let i = 0; i < grid.width; i++) {
          const [x, y] = cellCenter(grid, i, j);
          const value = grid.cells[j * grid.width + i];
          if (value === UNKNOWN || !overlapsWall(truth, x, y)) continue;
          const key = `${Math.round(x / 0.05 - 0.5)},${Math.round(y / 0.05 - 0.5)}`;
          if (value === 100) wasWall.add(key);
          else if (wasWall.delete(key)) eroded++;
        }
      }
      if (k < 20) continue;
      // everything from a metre ahead to three metres behind has been passed at all angles
      for (let a = along - 3; a <= along + 1; a += 0.025) {
        for (const [x, y] of surface(a)) {
          checked++;
          // the cell of the surface point, or one beside it, must block
          const around = [
            [0, 0],
            [0.05, 0],
            [-0.05, 0],
            [0, 0.05],
            [0, -0.05],
          ];
          if (valueAt(local, x, y < 1 ? y + 0.046 : y - 0.046) === 100) thick++;
          if (!around.some(([ex, ey]) => valueAt(local, x + ex, y + ey) === 100)) missing++;
        }
      }
    }
    expect(checked).toBeGreaterThan(10000);
    expect(missing).toBe(0);
    expect(wasWall.size).toBeGreaterThan(500);
    expect(eroded).toBe(0);
    // cells before the surface: by noise alone a tenth of them would block
    if (offset === 0 && yaw === 0) expect(thick / checked).toBeLessThan(0.02);
  });

  test("one beam far too long does not erase a wall, one far too short leaves nothing behind", () => {
    const pose = { x: 0.01, y: 0.01, yaw: 0 };
    const local = createLocalGrid();
    const east = 180; // the beam at angle 0
    for (let k = 0; k < 10; k++) local.integrate(ringScan(pose, 8, () => 2));
    expect(valueAt(local, 2.03, 0.01)).toBe(100);
    expect(valueAt(local, 1, 0.01)).toBe(0);
    local.integrate(ringScan(pose, 8, (n) => (n === east ? 3.5 : 2)));
    expect(valueAt(local, 2.03, 0.01)).toBe(100);
    local.integrate(ringScan(pose, 8, (n) => (n === east ? 1 : 2)));
    expect(valueAt(local, 1.03, 0.01)).toBe(0);
  });

  test("an obstacle that appears is there after two scans, one that has gone is free after nine", () => {
    const pose = { x: 0.01, y: 0.01, yaw: 0 };
    const local = createLocalGrid();
    for (let k = 0; k < 20; k++) local.integrate(ringScan(pose, 8, () => 3));
    expect(valueAt(local, 1.03, 0.01)).toBe(0);
    for (let k = 0; k < 2; k++) local.integrate(ringScan(pose, 8, () => 1));
    expect(valueAt(local, 1.03, 0.01)).toBe(100);
    for (let k = 0; k < 20; k++) local.integrate(ringScan(pose, 8, () => 1));
    for (let k = 0; k < 9; k++) {
      expect(valueAt(local, 1.03, 0.01)).toBe(100);
      local.integrate(ringScan(pose, 8, () => 3));
    }
    expect(valueAt(local, 1.03, 0.01)).toBe(0);
  });

  test("no return within range frees the ray and marks nothing", () => {
    const local = createLocalGrid();
    local.integrate(ringScan({ x: 0, y: 0, yaw: 0 }, 2, () => Number.POSITIVE_INFINITY));
    expect(valueAt(local, 1.9, 0.01)).toBe(0);
    expect(valueAt(local, 2.3, 0.01)).toBe(UNKNOWN);
    expect(Math.max(...local.grid.cells)).toBe(0);
  });

  test("NaN, zero and negative returns are ignored and counted", () => {
    const local = createLocalGrid();
    const bad = [Number.NaN, 0, -1, Number.NEGATIVE_INFINITY];
    local.integrate(ringScan({ x: 0, y: 0, yaw: 0 }, 8, (n) => bad[n % 4]));
    expect(local.ignoredBeams).toBe(360);
    expect(Array.from(new Set(local.grid.cells))).toEqual([UNKNOWN]);
    local.integrate(ringScan({ x: Number.NaN, y: 0, yaw: 0 }, 8, () => 1));
    local.integrate(ringScan({ x: 0, y: 0, yaw: Number.NaN }, 8, () => 1));
    expect(local.ignoredBeams).toBe(1080);
    expect(Array.from(new Set(local.grid.cells))).toEqual([UNKNOWN]);
  });

  test("a scan from outside the square, or whose beams leave it, is handled", () => {
    const local = createLocalGrid({ size_m: 2 });
    local.integrate(ringScan({ x: 50, y: 0, yaw: 0 }, 8, () => 3));
    expect(Array.from(new Set(local.grid.cells))).toEqual([UNKNOWN]);
    local.integrate(ringScan({ x: 0, y: 0, yaw: 0 }, 8, () => 3));
    expect(Math.max(...local.grid.cells)).toBe(0);
    expect(valueAt(local, 0.9, 0.01)).toBe(0);
  });
});
