import { ConfigError } from "../../base/index.ts";
import { computeDistanceField } from "../distance-field.ts";
import { footprintContact, footprintReach } from "../footprint.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  type GridFrame,
  MAX_CELLS,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  worldToCell,
} from "../grid.ts";
import type { Robot } from "../robot.ts";
import { checkKeepoutMask, checkMask, type FilterMask, KEPT_OUT } from "./filter-mask.ts";

/** Zones that no part of a robot may enter. */
export type Keepout = {
  /** What messages call it. */ readonly name: string;
  /** The mask, its cells 100 where nobody may go and 0 elsewhere. */ readonly grid: OccupancyGrid;
  /** Whether a point lies in a zone. */
  contains(x: number, y: number): boolean;
  /** Whether a footprint touches a zone. */
  touches(robot: Robot, pose: Pose): boolean;
  /**
   * How deep in a zone the footprint's deepest part lies, by the cells of a grid; 0 outside. [m]
   *
   * @param lattice whose cells the depth is measured in
   */
  depth(lattice: GridFrame, robot: Robot, pose: Pose): number;
  /**
   * A grid with the zones as obstacles: its cells that any part of a zone covers. The same grid where there are none.
   *
   * @param beyond only what lies deeper in a zone: a robot at that depth may leave it and not go deeper [m]
   */
  stamp(grid: OccupancyGrid, beyond?: number): OccupancyGrid;
};

/** The zones on the cells of other grids: those that overlap a zone, and how deep in it they lie. */
type Raster = {
  readonly frame: GridFrame;
  /** (height, width) depth of each cell's centre within its zone, 0 outside. [m] */ readonly depth: Float64Array;
};

/** Two lattices coincide within this share of a cell. */
const SAME = 1e-3;
/** Rasters kept: of the map, of the local grid, and of another of each. */
const MOST_RASTERS = 4;

/**
 * Zones of a mask as Nav2's keepout filter has them: the value 100 is never entered, all others are free.
 *
 * @param name what messages call it, such as the mask's file
 * @throws ConfigError, FormatError or ShapeError for a mask that is none
 */
export function createKeepout(mask: FilterMask, name = "the keepout mask"): Keepout {
  checkMask(name, mask);
  checkKeepoutMask(mask, name);
  const grid = { ...mask.grid, cells: mask.grid.cells.map((value) => (value === KEPT_OUT ? KEPT_OUT : 0)) };
  const box = boxOf(grid);
  const rasters: Raster[] = [];
  const rasterFor = (frame: GridFrame): Raster => {
    const known = rasters.find((raster) => offsetOf(raster.frame, frame) !== undefined);
    if (known !== undefined) return known;
    const made = rasterize(grid, box!, frame, name);
    rasters.unshift(made);
    rasters.length = Math.min(rasters.length, MOST_RASTERS);
    return made;
  };
  return {
    name,
    grid,
    contains(x, y) {
      const at = cellIndexAt(grid, x, y);
      return at >= 0 && grid.cells[at] === KEPT_OUT;
    },
    touches: (robot, pose) => footprintContact(robot, pose, grid),
    depth: (lattice, robot, pose) => (box === undefined ? 0 : deepest(rasterFor(lattice), robot, pose)),
    stamp(other, beyond = 0) {
      return box === undefined ? other : stamped(rasterFor(other), other, beyond);
    },
  };
}

type Box = { readonly left: number; readonly right: number; readonly bottom: number; readonly top: number };

/** The cells among which all zones are; undefined where there are none. */
function boxOf({ width, cells }: OccupancyGrid): Box | undefined {
  let [left, right, bottom, top] = [width, 0, Number.POSITIVE_INFINITY, 0];
  for (let c = 0; c < cells.length; c++) {
    if (cells[c] === 0) continue;
    const i = c % width;
    const j = (c - i) / width;
    left = Math.min(left, i);
    right = Math.max(right, i + 1);
    bottom = Math.min(bottom, j);
    top = Math.max(top, j + 1);
  }
  return right === 0 ? undefined : { left, right, bottom, top };
}

/** Cell (0, 0) of a grid counted in cells of another; undefined where their cells do not coincide. */
function offsetOf(frame: GridFrame, grid: GridFrame): readonly [number, number] | undefined {
  if (Math.abs(grid.resolution / frame.resolution - 1) > 1e-9) return undefined;
  if (grid.origin.yaw !== frame.origin.yaw) return undefined;
  const [u, v] = worldToCell(frame, grid.origin.x, grid.origin.y);
  const [i, j] = [Math.round(u), Math.round(v)];
  return Math.abs(u - i) <= SAME && Math.abs(v - j) <= SAME ? [i, j] : undefined;
}

/** Puts zones onto a lattice: each of its cells that overlaps a zone. */
function rasterize(mask: OccupancyGrid, box: Box, lattice: GridFrame, name: string): Raster {
  const { resolution, origin } = lattice;
  const at = new Float64Array(2);
  let [left, right, bottom, top] = [1, -1, 1, -1].map((sign) => sign * Number.POSITIVE_INFINITY);
  for (const i of [box.left, box.right]) {
    for (const j of [box.bottom, box.top]) {
      cellCenter(mask, i - 0.5, j - 0.5, at);
      worldToCell(lattice, at[0], at[1], at);
      left = Math.min(left, at[0]);
      right = Math.max(right, at[0]);
      bottom = Math.min(bottom, at[1]);
      top = Math.max(top, at[1]);
    }
  }
  // With a free cell all round, so that a zone ends where its mask does.
  const [i0, j0] = [Math.floor(left + SAME) - 1, Math.floor(bottom + SAME) - 1];
  const [width, height] = [Math.ceil(right - SAME) + 1 - i0, Math.ceil(top - SAME) + 1 - j0];
  if (width * height > MAX_CELLS)
    throw new ConfigError(
      `${name} covers ${width} x ${height} cells of ${resolution} m, expected at most ${MAX_CELLS}`,
    );
  cellCenter(lattice, i0 - 0.5, j0 - 0.5, at);
  const raster = createGrid(width, height, resolution, { x: at[0], y: at[1], yaw: origin.yaw });
  const looks = looksInCell(mask, raster);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const found = looks.some(([dx, dy]) => {
        cellCenter(raster, i + dx, j + dy, at);
        const c = cellIndexAt(mask, at[0], at[1]);
        return c >= 0 && mask.cells[c] === KEPT_OUT;
      });
      if (found) raster.cells[j * width + i] = KEPT_OUT;
    }
  }
  const { distance } = computeDistanceField(raster);
  return { frame: raster, depth: distance.map((d) => Math.max(0, -d)) };
}

/** Where to look in a cell so that no cell of a mask in it is missed: its centre alone where the two coincide. */
function looksInCell(mask: GridFrame, raster: GridFrame): readonly (readonly [number, number])[] {
  if (offsetOf(mask, raster) !== undefined) return [[0, 0]];
  const steps = Math.ceil((2 * raster.resolution) / mask.resolution) + 1;
  const places = Array.from({ length: steps + 1 }, (_, n) => (1 - 2 * SAME) * (n / steps - 0.5));
  return places.flatMap((dx) => places.map((dy) => [dx, dy] as const));
}

function stamped({ frame, depth }: Raster, grid: OccupancyGrid, beyond: number): OccupancyGrid {
  const [i0, j0] = offsetOf(frame, grid)!;
  let cells: Int8Array | undefined;
  const right = Math.min(grid.width, frame.width - i0);
  const top = Math.min(grid.height, frame.height - j0);
  for (let j = Math.max(0, -j0); j < top; j++) {
    for (let i = Math.max(0, -i0); i < right; i++) {
      if (!(depth[(j + j0) * frame.width + i + i0] > beyond)) continue;
      cells ??= grid.cells.slice();
      cells[j * grid.width + i] = KEPT_OUT;
    }
  }
  return cells === undefined ? grid : { ...grid, cells };
}

/** The largest depth among the cells that a footprint touches. */
function deepest({ frame, depth }: Raster, robot: Robot, pose: Pose): number {
  const reach = Math.ceil(footprintReach(robot) / frame.resolution) + 1;
  const [u, v] = worldToCell(frame, pose.x, pose.y);
  const left = Math.max(0, Math.floor(u) - reach);
  const bottom = Math.max(0, Math.floor(v) - reach);
  const width = Math.min(frame.width, Math.floor(u) + reach + 1) - left;
  const height = Math.min(frame.height, Math.floor(v) + reach + 1) - bottom;
  if (!(width > 0 && height > 0)) return 0;
  const corner = cellCenter(frame, left - 0.5, bottom - 0.5);
  const { resolution, origin } = frame;
  const patch = createGrid(width, height, resolution, { x: corner[0], y: corner[1], yaw: origin.yaw });
  const depths =
    patch.cells.length === 0 ? [] : depthsIn(depth, frame.width, { left, bottom, width, height });
  const touched = (least: number): boolean => {
    depths.forEach((d, c) => {
      patch.cells[c] = d >= least ? OCCUPIED : 0;
    });
    return footprintContact(robot, pose, patch);
  };
  const levels = [...new Set(depths)].filter((d) => d > 0).sort((a, b) => a - b);
  let [low, high] = [0, levels.length]; // touched below low, not from high on
  while (low < high) {
    const middle = (low + high) >> 1;
    if (touched(levels[middle])) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : levels[low - 1];
}

function depthsIn(
  depth: Float64Array,
  row: number,
  { left, bottom, width, height }: { left: number; bottom: number; width: number; height: number },
): number[] {
  return Array.from(
    { length: width * height },
    (_, c) => depth[(bottom + Math.floor(c / width)) * row + left + (c % width)],
  );
}
