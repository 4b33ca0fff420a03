import type { DistanceField } from "../sim/index.ts";
import { type GlobalPathStatus, planGlobalPath } from "./global-path.ts";
import { nearestOnPath, type Path, pathPoseAt } from "./path.ts";
import { pathBlocked } from "./path-clearance.ts";
import type { Goal } from "./scene.ts";

export type RouteOptions = {
  /** Distance of the local goal along the path. [m] */
  readonly lookahead: number;
  /** Clearance the path needs: the largest disc of the footprint. [m] */
  readonly radius: number;
  /** Clearance it prefers beyond that. [m] */
  readonly margin: number;
};

/** Where the robot is on its way: the local goal and the piece of the path that leads there. */
export type RoutePoint = {
  readonly goal: Goal;
  /** Whether the local goal is the end of the path. */
  readonly final: boolean;
  /** (n, 2) from beside the robot to somewhat beyond the local goal. */
  readonly piece: Float64Array;
  /** Distance to the path. [m] */
  readonly offset: number;
  /** Length left to the end. [m] */
  readonly remaining: number;
};

/** The global path to one goal and how far along it the robot is. */
export type Route = {
  readonly path: Path | undefined;
  /** Plans from a position; keeps the old path where none is found. */
  plan(field: DistanceField, x: number, y: number, goal: Goal): GlobalPathStatus;
  /** @returns undefined before the first path */
  locate(x: number, y: number): RoutePoint | undefined;
  /** Whether an obstacle lies on the path within reach of the local goal. */
  blocked(field: DistanceField): boolean;
  clear(): void;
};

/** How far off the path the robot may be before the path is planned again. [m] */
export const MAX_OFFSET = 0.6;
const BEYOND = 1.0;

/** Creates an empty route. */
export function createRoute(options: RouteOptions): Route {
  let path: Path | undefined;
  let goal: Goal | undefined;
  let s = 0;
  const pose = new Float64Array(3);

  return {
    get path() {
      return path;
    },
    plan(field, x, y, nextGoal) {
      const found = planGlobalPath(field, { x, y }, nextGoal, {
        radius: options.radius,
        margin: options.margin,
      });
      if (found.path !== undefined) {
        path = found.path;
        goal = nextGoal;
        s = 0;
      }
      return found.status;
    },
    locate(x, y) {
      if (path === undefined || goal === undefined) return undefined;
      s = nearestOnPath(path, x, y, Math.max(0, s - 0.5), options.lookahead + BEYOND);
      pathPoseAt(path, s, pose);
      const offset = Math.hypot(pose[0] - x, pose[1] - y);
      const ahead = s + options.lookahead;
      const final = ahead >= path.length;
      pathPoseAt(path, Math.min(ahead, path.length), pose);
      const localGoal: Goal = final
        ? { x: pose[0], y: pose[1], yaw: goal.yaw }
        : { x: pose[0], y: pose[1], yaw: pose[2] };
      return {
        goal: localGoal,
        final,
        piece: piece(path, s, ahead + BEYOND),
        offset,
        remaining: path.length - s,
      };
    },
    blocked: (field) =>
      path !== undefined && pathBlocked(path, field, options.radius, s, s + options.lookahead + BEYOND) >= 0,
    clear() {
      path = undefined;
      goal = undefined;
      s = 0;
    },
  };
}

/** Points of the path between two arc lengths. */
function piece(path: Path, from: number, to: number): Float64Array {
  const n = path.s.length;
  let first = 0;
  while (first + 1 < n && path.s[first + 1] <= from) first++;
  let last = first;
  while (last + 1 < n && path.s[last] < to) last++;
  return path.points.slice(2 * first, 2 * (last + 1));
}
