import { describe, expect, test } from "vitest";
import { ConfigError, createRng } from "../../src/base/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  createLocalGrid,
  createRangeSensor,
  type LocalGrid,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  type Scan,
  UNKNOWN,
} from "../../src/sim/index.ts";

/** Scattered blocks in a walled room of 10 x 10 m, free around the middle. */
function cluttered(seed: number, origin: Pose, resolution = 0.05): OccupancyGrid {
  const size = Math.round(10 / resolution);
  const grid = createGrid(size, size, resolution, origin);
  const rng = createRng(seed);
  const block = (i0: number, j0: number, w: number, h: number): void => {
    for (let j = j0; j < Math.min(size, j0 + h); j++) {
      for (let i = i0; i < Math.min(size, i0 + w); i++) grid.cells[j * size + i] = 100;
    }
  };
  block(0, 0, size, 2);
  block(0, size - 2, size, 2);
  block(0, 0, 2, size);
  block(size - 2, 0, 2, size);
  for (let n = 0; n < 25; n++) {
    const i = rng.int(size);
    const j = rng.int(size);
    if (Math.hypot(i - size / 2, j - size / 2) * resolution > 1.5)
      block(i, j, 1 + rng.int(8), 1 + rng.int(8));
  }
  return grid;
}

/** A full-circle scan with one beam per degree, every return the same. */
function ringScan(pose: Pose, range: number, at: (n: number) => number): Scan {
  const angles = Float64Array.from({ length: 360 }, (_, n) => ((n - 180) * Math.PI) / 180);
  return { pose, angles, ranges: Float64Array.from(angles, (_, n) => at(n)), range };
}

const valueAt = ({ grid }: LocalGrid, x: number, y: number): number => grid.cells[cellIndexAt(grid, x, y)];

/** Whether the middle half of a local cell (5 cm) meets an occupied cell of the truth. */
function overlapsWall(truth: OccupancyGrid, x: number, y: number): boolean {
  for (const dx of [-0.012, 0.012]) {
    for (const dy of [-0.012, 0.012]) {
      const index = cellIndexAt(truth, x + dx, y + dy);
      if (index >= 0 && truth.cells[index] >= OCCUPIED) return true;
    }
  }
  return false;
}

/** Local cells by what they say and what is true, in a world whose cells coincide with theirs. */
function confusion(local: LocalGrid, truth: OccupancyGrid): Record<string, number> {
  const counts = { wallSeen: 0, wallAsFree: 0, freeSeen: 0, freeAsWall: 0 };
  for (let j = 0; j < local.grid.height; j++) {
    for (let i = 0; i < local.grid.width; i++) {
      const value = local.grid.cells[j * local.grid.width + i];
      const [x, y] = cellCenter(local.grid, i, j);
      const index = cellIndexAt(truth, x, y);
      if (value === UNKNOWN || index < 0) continue;
      const wall = truth.cells[index] >= OCCUPIED;
      if (wall) counts[value === 100 ? "wallSeen" : "wallAsFree"]++;
      else counts[value === 100 ? "freeAsWall" : "freeSeen"]++;
    }
  }
  return counts;
}

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
