import { ConfigError, checkNotNegative, checkPositive, checkWithin } from "../base/index.ts";
import { MAX_CELLS, OCCUPIED, type OccupancyGrid, UNKNOWN } from "./grid.ts";
import type { Scan } from "./range-sensor.ts";
import { createScanMarker, FREE_MARK, HIT_MARK } from "./scan-marker.ts";

/** Size of a local grid, and how scans change its cells. */
export type LocalGridOptions = {
  /** Side of the square. [m] */ readonly size_m: number;
  /** Side of a cell. [m] */ readonly resolution: number;
  /**
   * A corner of some cell, map frame: with the map's own origin (and resolution) local cells and map
   * cells coincide. [m]
   */
  readonly anchor: { readonly x: number; readonly y: number };
  /** Standard deviation of the sensor's returns. [m] */ readonly noise_m: number;
};

/** Defaults of {@link LocalGridOptions}. */
export const LOCAL_GRID_DEFAULTS: LocalGridOptions = {
  size_m: 8,
  resolution: 0.05,
  anchor: { x: 0, y: 0 },
  noise_m: 0.01,
};

/** A local grid and what moves and fills it. */
export type LocalGrid = {
  /**
   * What is known around the robot: 0 free, 100 occupied, -1 unknown. A live view: its cells change in
   * place, and after {@link LocalGrid.recenter} it has to be taken anew.
   */
  readonly grid: OccupancyGrid;
  /** Beams that were NaN, zero or negative, so far. */ readonly ignoredBeams: number;
  /** Moves the square by whole cells so that the point lies in its middle cell; a point that is not finite is ignored. */
  recenter(x: number, y: number): void;
  /** Adds one scan to what is known. */
  integrate(scan: Scan): void;
  /** Replaces what is known by the truth: occupied where any part of a cell is, unknown outside the map. */
  copyFrom(grid: OccupancyGrid): void;
  /** Forgets what was seen within `radius` of a place: what was there has turned out to move. [m] */
  forget(x: number, y: number, radius: number): void;
  /** Forgets everything. */
  clear(): void;
};

/**
 * Evidence per cell, added up over scans and bounded: a hit counts +3 (two or more in one scan +6), a
 * pass -1 per scan. At +3 a cell is occupied; at 0 or below an occupied cell is free again, and at -1 an
 * unknown one.
 */
const HIT = 3;
const MISS = 1;
const OCCUPIED_AT = 3;
/** So that a cell long seen free turns occupied at two hits, in one scan or in two. */
const LOWEST = -3;
/** So that a cell long seen occupied turns free after nine scans that look through it. */
const HIGHEST = 9;

/**
 * A square occupancy grid that rolls with the robot, its axes those of the map, filled by scans.
 *
 * Noise and erosion. A return belongs to the cell that explains it best, of those up to 2 standard deviations (at most
 * half a cell) behind its measured point, by where the beam enters them and by earlier scans: noise then carries only
 * 2.3% of the returns of a wall on a cell border into the cell in front, and there they are outvoted, since a cell passed
 * by more than four beams for each that hits it is not a hit. A surface may therefore be put up to 2 standard deviations
 * too deep; what is behind a corner that a beam clips is not taken for it. Walls are not
 * eroded: one noisy beam counts for little, a cell that any beam of the scan hits is never freed by the
 * others, nor is a cell on the line between two neighbouring returns less than half a metre apart; at
 * grazing angles, where returns are sparse, that line is the wall. An obstacle that has gone is free
 * after nine scans, a new one is there after one or two.
 *
 * @throws ConfigError for an illegal option
 */
export function createLocalGrid(given: Partial<LocalGridOptions> = {}): LocalGrid {
  const options = { ...LOCAL_GRID_DEFAULTS, ...given };
  checkOptions(options);
  const { resolution, anchor, noise_m } = options;
  const size = Math.max(1, Math.round(options.size_m / resolution));
  const half = Math.floor(size / 2);
  const cells = new Int8Array(size * size).fill(UNKNOWN);
  const evidence = new Int8Array(size * size);
  const marker = createScanMarker(size, noise_m / resolution, resolution, evidence);
  // Cell (0, 0) of the local grid, counted in cells from the anchor: exact, whatever the way driven.
  let column = -half;
  let row = -half;
  let ignoredBeams = 0;

  const view = (): OccupancyGrid => ({
    width: size,
    height: size,
    resolution,
    origin: { x: anchor.x + column * resolution, y: anchor.y + row * resolution, yaw: 0 },
    cells,
  });
  let grid = view();

  const settle = (cell: number, change: number): void => {
    const sum = Math.max(LOWEST, Math.min(HIGHEST, evidence[cell] + change));
    evidence[cell] = sum;
    if (sum >= OCCUPIED_AT) cells[cell] = 100;
    else if (sum <= 0 && cells[cell] > 0) cells[cell] = 0;
    else if (sum < 0 && cells[cell] === UNKNOWN) cells[cell] = 0;
  };

  const clear = (): void => {
    cells.fill(UNKNOWN);
    evidence.fill(0);
  };

  return {
    get grid() {
      return grid;
    },
    get ignoredBeams() {
      return ignoredBeams;
    },
    recenter(x, y) {
      const i = Math.floor((x - anchor.x) / resolution) - half;
      const j = Math.floor((y - anchor.y) / resolution) - half;
      if (!Number.isSafeInteger(i) || !Number.isSafeInteger(j) || (i === column && j === row)) return;
      shift(cells, size, i - column, j - row, UNKNOWN);
      shift(evidence, size, i - column, j - row, 0);
      column = i;
      row = j;
      grid = view();
    },
    integrate(scan) {
      const { marks, touched, count, ignored } = marker.mark(scan, grid);
      ignoredBeams += ignored;
      for (let n = 0; n < count; n++) {
        const cell = touched[n];
        const mark = marks[cell];
        marks[cell] = 0;
        if (mark === FREE_MARK) settle(cell, -MISS);
        else if (mark >= HIT_MARK) settle(cell, mark === HIT_MARK ? HIT : 2 * HIT);
      }
    },
    copyFrom(truth) {
      resampleGrid(truth, grid);
      for (let c = 0; c < cells.length; c++) {
        evidence[c] = cells[c] === 100 ? HIGHEST : cells[c] === 0 ? LOWEST : 0;
      }
    },
    forget(x, y, radius) {
      const [u, v] = [(x - grid.origin.x) / resolution, (y - grid.origin.y) / resolution];
      const r = radius / resolution;
      for (let j = Math.max(0, Math.floor(v - r)); j <= Math.min(size - 1, v + r); j++) {
        for (let i = Math.max(0, Math.floor(u - r)); i <= Math.min(size - 1, u + r); i++) {
          if (Math.hypot(i + 0.5 - u, j + 0.5 - v) > r) continue;
          cells[j * size + i] = UNKNOWN;
          evidence[j * size + i] = 0;
        }
      }
    },
    clear,
  };
}

/** Moves the window over a (size, size) array by (di, dj) cells, in place; new cells are `fill`. */
function shift(a: Int8Array, size: number, di: number, dj: number, fill: number): void {
  if (Math.abs(di) >= size || Math.abs(dj) >= size) {
    a.fill(fill);
    return;
  }
  const from = Math.max(0, di);
  const to = Math.min(size, size + di);
  // Rows in the order in which none is overwritten before it is read.
  for (let n = 0; n < size; n++) {
    const j = dj >= 0 ? n : size - 1 - n;
    const source = j + dj;
    if (source < 0 || source >= size) {
      a.fill(fill, j * size, (j + 1) * size);
      continue;
    }
    a.copyWithin(j * size + from - di, source * size + from, source * size + to);
    if (di > 0) a.fill(fill, (j + 1) * size - di, (j + 1) * size);
    else if (di < 0) a.fill(fill, j * size, j * size - di);
  }
}

function checkOptions({ size_m, resolution, anchor, noise_m }: LocalGridOptions): void {
  checkPositive("resolution", resolution, "m");
  const most = Math.sqrt(MAX_CELLS) * resolution;
  checkWithin("size_m", size_m, resolution, most, "m at this resolution");
  if (!(Number.isFinite(anchor?.x) && Number.isFinite(anchor.y))) {
    throw new ConfigError(`anchor is {x: ${anchor?.x}, y: ${anchor?.y}}, expected two finite numbers [m]`);
  }
  checkNotNegative("noise_m", noise_m, "m");
}

/** Overlaps narrower than this share of a source cell are rounding, not overlap. */
const SLIVER = 1e-6;

/**
 * Fills one grid from another, on the safe side: a cell becomes 100 where any occupied cell overlaps it,
 * else -1 where any part of it is unknown or outside, else 0. Where cells coincide this is a copy.
 *
 * @param source any resolution and yaw; a rotated source is looked at in each cell's bounding box
 * @param target its cells are overwritten; yaw 0
 */
export function resampleGrid(source: OccupancyGrid, target: OccupancyGrid): void {
  const { origin, resolution, cells, width, height } = source;
  const scale = target.resolution / resolution;
  const c = Math.cos(origin.yaw);
  const s = Math.sin(origin.yaw);
  const half = 0.5 * scale * (Math.abs(c) + Math.abs(s)) - SLIVER;
  for (let j = 0; j < target.height; j++) {
    const dy = (target.origin.y - origin.y) / resolution + (j + 0.5) * scale;
    for (let i = 0; i < target.width; i++) {
      const dx = (target.origin.x - origin.x) / resolution + (i + 0.5) * scale;
      const u = c * dx + s * dy;
      const v = c * dy - s * dx;
      const i0 = Math.floor(u - half);
      const i1 = Math.floor(u + half);
      const j0 = Math.floor(v - half);
      const j1 = Math.floor(v + half);
      let value = i0 < 0 || j0 < 0 || i1 >= width || j1 >= height ? UNKNOWN : 0;
      const right = Math.min(i1, width - 1);
      const top = Math.min(j1, height - 1);
      for (let q = Math.max(j0, 0); q <= top && value !== 100; q++) {
        for (let p = Math.max(i0, 0); p <= right; p++) {
          const seen = cells[q * width + p];
          if (seen >= OCCUPIED) {
            value = 100;
            break;
          }
          if (seen < 0) value = UNKNOWN;
        }
      }
      target.cells[j * target.width + i] = value;
    }
  }
}
