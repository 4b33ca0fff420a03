import { createRng, hashSeed } from "../base/index.ts";
import { resolveNavigationOptions } from "../planner/index.ts";
import { createGlobalPathWorkspace, pathPoseAt, planGlobalPath } from "../route/index.ts";
import {
  cellCenter,
  computeDistanceField,
  distanceAt,
  footprintReach,
  type Goal,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  type Robot,
  UNKNOWN,
  type Walker,
  type WorldFamily,
  type WorldId,
  worldFor,
  worldScale,
} from "../sim/index.ts";

/** One drive out of whose ticks scenes are taken. */
export type SceneRun = {
  readonly name: string;
  readonly grid: OccupancyGrid;
  readonly start: Pose;
  readonly goal: Goal;
  /** Who walks there. */
  readonly movers?: readonly Walker[];
};

/** Drives in a fixed order, as many as wanted or as there are. */
export type SceneSource = {
  /** Where the scenes come from, for the result. */
  readonly description: string;
  runs(): Iterable<SceneRun>;
};

/** Generated worlds with smaller seeds are for training and tuning; benchmarks use these. */
export const FIRST_UNSEEN_SEED = 10_000;
/** Each `--seed` has this many worlds of a family to itself, and this many seeds do. */
const WORLDS_PER_SEED = 1000;
const SEEDS = 2_000_000;

/**
 * Worlds of the families in turn, from {@link FIRST_UNSEEN_SEED} on, other ones for every seed; for a robot that has no room
 * in them as they are, larger ones.
 */
export function familySource(families: readonly WorldFamily[], seed: number, robot: Robot): SceneSource {
  const first = FIRST_UNSEEN_SEED + WORLDS_PER_SEED * (seed % SEEDS);
  return {
    description: `worlds ${families.join(", ")} from seed ${first}${sizeText(robot)}`,
    *runs() {
      for (let n = 0; n < WORLDS_PER_SEED; n++)
        for (const family of families) yield worldRun(robot, { family, seed: first + n });
    },
  };
}

/** The worlds of a list, in its order, larger where the robot has no room in them. */
export function worldSource(description: string, worlds: readonly WorldId[], robot: Robot): SceneSource {
  return {
    description: `worlds ${description}${sizeText(robot)}`,
    *runs() {
      for (const world of worlds) yield worldRun(robot, world);
    },
  };
}

function worldRun(robot: Robot, world: WorldId): SceneRun {
  const { name, grid, start, goal } = worldFor(robot, world);
  return { name, grid, start, goal };
}

function sizeText(robot: Robot): string {
  const scale = worldScale(robot);
  return scale > 1 ? `, ${scale.toFixed(2)} times as large` : "";
}

/** Longest path of a drive on a map [m], and the shortest as a multiple of the robot's lookahead. */
const MAP_PATH = { longest: 40, shortest: 1.5 } as const;
/** Room at both ends beyond the footprint's reach. [m] */
const END_ROOM = 0.1;
/** Draws in a row without a drive after which a map is taken to have none. */
const MAX_DRAWS = 2000;

/** Drives between random places of one map, both reachable, with room to turn on the spot. */
export function mapSource(name: string, map: OccupancyGrid, robot: Robot, seed: number): SceneSource {
  const grid = nearOrigin(map);
  return {
    description: `random drives on ${name}`,
    *runs() {
      const rng = createRng(hashSeed(seed, 0x6d6170));
      const field = computeDistanceField(grid, { unknown: "occupied" });
      const room = footprintReach(robot) + END_ROOM;
      const shortest = MAP_PATH.shortest * resolveNavigationOptions(robot).lookahead;
      const workspace = createGlobalPathWorkspace();
      const point = new Float64Array(2);
      const roomy = (): { x: number; y: number } | undefined => {
        const [i, j] = [rng.int(grid.width), rng.int(grid.height)];
        const cell = grid.cells[j * grid.width + i];
        if (cell === UNKNOWN || cell >= OCCUPIED) return undefined;
        cellCenter(grid, i, j, point);
        return distanceAt(field, point[0], point[1]) >= room ? { x: point[0], y: point[1] } : undefined;
      };
      for (let n = 0, draws = 0; draws < MAX_DRAWS; draws++) {
        const start = roomy();
        const goal = start && roomy();
        if (start === undefined || goal === undefined) continue;
        if (Math.hypot(start.x - goal.x, start.y - goal.y) > MAP_PATH.longest) continue;
        const { path } = planGlobalPath(field, start, goal, { radius: room }, workspace);
        if (path === undefined || path.length < shortest || path.length > MAP_PATH.longest) continue;
        const ahead = pathPoseAt(path, 0.5, new Float64Array(3));
        const yaw = ahead[2] + 0.3 * rng.gauss();
        yield { name: `${name}#${n++}`, grid, start: { ...start, yaw }, goal };
        draws = 0;
      }
    },
  };
}

/** Coordinates further out lose millimetres in the float32 of a data set. [m] */
const FAR = 1000;

/** A map that lies far out, as one in UTM coordinates does, moved by whole metres to near the origin. */
export function nearOrigin(map: OccupancyGrid): OccupancyGrid {
  const { x, y, yaw } = map.origin;
  const reach = Math.max(Math.abs(x), Math.abs(y));
  return reach <= FAR ? map : { ...map, origin: { x: x - Math.round(x), y: y - Math.round(y), yaw } };
}
