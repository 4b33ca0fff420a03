import { createFieldTiles, type FieldTiles, tiledDistanceAt } from "../route/index.ts";
import {
  cellCenter,
  cellIndexAt,
  createGrid,
  discRadius,
  footprintReach,
  type Goal,
  type Keepout,
  type Robot,
} from "../sim/index.ts";
import { type Belief, createBelief } from "./belief.ts";
import type { GuardedBelief } from "./guard.ts";

/** The way out of a zone that a robot is in: where to, and what is believed meanwhile. */
export type WayOut = {
  /** The nearest place where the robot is clear of all zones; none where it can drive to none. */
  readonly goal?: Goal;
  /** In it only what lies deeper in zones than the robot is closed. */
  readonly belief: Belief;
};

const AT = new Float64Array(2);

/**
 * Finds the way out for a robot that is in a zone which it may not enter: by the shortest way over cells that lie no
 * deeper, wherever its goal is.
 *
 * @param depth of the robot in the zone [m]
 * @param tolerance with which it will reach a place [m]
 */
export function findWayOut(
  robot: Robot,
  keepout: Keepout,
  believed: GuardedBelief,
  x: Float64Array,
  depth: number,
  tolerance: number,
): WayOut {
  const { grid } = believed.open;
  const belief = createBelief(keepout.stamp(grid, depth));
  const { width, height, resolution, origin } = grid;
  const [clear, body] = [footprintReach(robot) + tolerance, discRadius(robot)];
  const reach = clear + resolution;
  const plain = createGrid(width, height, resolution, origin);
  const zones = createFieldTiles(keepout.stamp(plain), "free", reach);
  const around = belief.tiles("free", reach);
  const distance = (field: FieldTiles, c: number): number => {
    const [px, py] = cellCenter(grid, c % width, Math.floor(c / width), AT);
    return tiledDistanceAt(field, px, py);
  };
  const from = cellIndexAt(grid, x[0], x[1]);
  if (from < 0) return { belief };
  // Breadth first: cells in the order of their way from the robot.
  const queue = new Int32Array(width * height);
  const reached = new Uint8Array(width * height);
  // A robot in a tight place may leave it by what is no tighter.
  const least = Math.min(body, distance(around, from));
  queue[0] = from;
  reached[from] = 1;
  let count = 1;
  for (let n = 0; n < count; n++) {
    const c = queue[n];
    if (distance(zones, c) >= clear && distance(around, c) >= body) {
      const at = cellCenter(grid, c % width, Math.floor(c / width));
      return { belief, goal: { x: at[0], y: at[1] } };
    }
    const i = c % width;
    for (const next of [i > 0 ? c - 1 : -1, i + 1 < width ? c + 1 : -1, c - width, c + width]) {
      if (!(next >= 0 && next < reached.length) || reached[next] === 1) continue;
      if (distance(around, next) < least) continue;
      reached[next] = 1;
      queue[count++] = next;
    }
  }
  return { belief };
}
