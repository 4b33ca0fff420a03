import { computeDistanceField, distanceAt, distanceGradientAt } from "../distance-field.ts";
import { cellCenter, cellIndexAt, createGrid, type GridFrame, type OccupancyGrid } from "../grid.ts";
import { resampleGrid } from "../local-grid.ts";
import type { Point } from "../worlds/layout.ts";
import { nearestCell, walkDown, wayLengths } from "../worlds/solve.ts";

/** Where people walk: the known free space around some places, and the ways through it. */
export type WalkingGround = {
  /** Cells that a walker's centre may stand on, `mask` 1, in an axis-parallel window of the map. */
  readonly frame: GridFrame;
  readonly mask: Uint8Array;
  /** Distance of a point to the nearest wall or unknown cell, as far as is looked. [m] */
  clearance(x: number, y: number): number;
  /** The clearance, and its slope in out (2). */ awayFromWalls(
    x: number,
    y: number,
    out: Float64Array,
  ): number;
  /** Whether a walker gets from a place to a goal. */ reaches(from: Point, goal: Point): boolean;
  /** The farthest point of the way from (x, y) to a goal that can be walked to straight; the goal where there is no way. */
  toward(goal: Point, x: number, y: number): Point;
};

/** Free ground around the places, beyond their box. [m] */
const PAD = 8;
/** Cells along a side of the window at most: a larger window has coarser cells. */
const MOST_CELLS = 1000;
/** How far ahead along its way a walker looks for a point to head for, from far to near. [m] */
const AHEAD = [4, 2, 1, 0.5];
/** Ways are kept for so many goals. */
const KEPT_WAYS = 32;
/** A walker off the mask goes to the next cell on it, sought this far. [cells] */
const OFF_MASK = 12;

/**
 * The ground around some places of a map. What is unknown is no ground.
 *
 * @param radius of the widest walker [m]
 * @param around at least one place; the window holds all of them
 */
export function createWalkingGround(
  grid: OccupancyGrid,
  radius: number,
  around: readonly Point[],
): WalkingGround {
  const window = windowOf(grid, around);
  const field = computeDistanceField(window, { unknown: "occupied" });
  const { width, height } = window;
  const mask = Uint8Array.from(field.distance, (d) => (d >= radius ? 1 : 0));
  const ways = new Map<number, Int32Array>();
  const center = new Float64Array(2);

  const nearestOn = (x: number, y: number): number => {
    const at = cellIndexAt(window, x, y);
    if (at < 0 || mask[at] === 1) return at;
    return nearestCell(mask, width, height, at % width, Math.floor(at / width), OFF_MASK);
  };

  const wayTo = (goal: Point): Int32Array | undefined => {
    const at = nearestOn(goal.x, goal.y);
    if (at < 0) return undefined;
    let way = ways.get(at);
    if (way === undefined) {
      if (ways.size >= KEPT_WAYS) ways.delete(ways.keys().next().value!);
      way = wayLengths(mask, width, height, at);
      ways.set(at, way);
    }
    return way;
  };

  const lengthFrom = (way: Int32Array | undefined, x: number, y: number): number => {
    const at = nearestOn(x, y);
    return at < 0 ? -1 : (way?.[at] ?? -1);
  };

  /** Whether the straight line to a point is wide enough. */
  const sees = (x: number, y: number, to: Point): boolean => {
    const far = Math.hypot(to.x - x, to.y - y);
    for (let way = 0; way < far; ) {
      const share = way / far;
      const clear = distanceAt(field, x + share * (to.x - x), y + share * (to.y - y)) - radius;
      if (clear < -window.resolution) return false;
      way += Math.max(clear, window.resolution);
    }
    return true;
  };

  return {
    frame: window,
    mask,
    clearance: (x, y) => distanceAt(field, x, y),
    awayFromWalls: (x, y, out) => distanceGradientAt(field, x, y, out),
    reaches: (from, goal) => lengthFrom(wayTo(goal), from.x, from.y) >= 0,
    toward(goal, x, y) {
      const way = wayTo(goal);
      const at = nearestOn(x, y);
      if (way === undefined || at < 0 || way[at] < 0 || sees(x, y, goal)) return goal;
      let point = goal;
      for (const ahead of AHEAD) {
        const to = walkDown(way, width, at, Math.max(1, Math.round(ahead / window.resolution)));
        cellCenter(window, to % width, Math.floor(to / width), center);
        point = { x: center[0], y: center[1] };
        if (sees(x, y, point)) break;
      }
      return point;
    },
  };
}

/** Axis-parallel window of a map around places; its cells coincide with the map's where they can. */
function windowOf(grid: OccupancyGrid, around: readonly Point[]): OccupancyGrid {
  const { origin, resolution } = grid;
  const corners = [0, 1, 2, 3].map((n) => {
    const [u, v] = [(n & 1) * grid.width, (n >> 1) * grid.height];
    return cellCenter(grid, u - 0.5, v - 0.5);
  });
  const side = (axis: "x" | "y", c: 0 | 1): { from: number; length: number } => {
    const places = around.map((p) => p[axis]);
    const edge = corners.map((corner) => corner[c]);
    const least = Math.max(Math.min(...places) - PAD, Math.min(...edge));
    const most = Math.min(Math.max(...places) + PAD, Math.max(...edge));
    const from = origin[axis] + Math.round((least - origin[axis]) / resolution) * resolution;
    return { from, length: Math.max(resolution, most - from) };
  };
  const [x, y] = [side("x", 0), side("y", 1)];
  const cell = Math.max(resolution, x.length / MOST_CELLS, y.length / MOST_CELLS);
  const count = (length: number): number => Math.max(1, Math.round(length / cell));
  const window = createGrid(count(x.length), count(y.length), cell, { x: x.from, y: y.from, yaw: 0 });
  resampleGrid(grid, window);
  return window;
}
