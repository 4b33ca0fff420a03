import { type DistanceField, distanceAt, type Goal } from "../sim/index.ts";
import { createGlobalPathWorkspace, type GlobalPathStatus, planGlobalPath } from "./global-path.ts";
import { nearestOnPath, type Path, pathPiece, pathPoseAt } from "./path.ts";
import { pathBlocked } from "./path-clearance.ts";
import { sceneExtent } from "./scene-extent.ts";

export type RouteOptions = {
  /** Distance of the local goal along the path. [m] */
  readonly lookahead: number;
  /** Clearance the path needs: the largest disc of the footprint. [m] */
  readonly radius: number;
  /** Clearance it prefers beyond that. [m] */
  readonly margin: number;
  /** How far from a goal without clearance the path may end; default 0.3. [m] */
  readonly goalReach?: number;
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
  /**
   * @param reach share of the lookahead to use, in (0, 1]
   * @param field distances to obstacles around the robot; keeps the local goal from hiding behind them
   * @returns undefined before the first path
   */
  locate(x: number, y: number, reach?: number, field?: DistanceField): RoutePoint | undefined;
  /** Whether an obstacle lies on the path within reach of the local goal. */
  blocked(field: DistanceField): boolean;
  clear(): void;
};

/** How far off the path the robot may be before the path is planned again. [m] */
export const MAX_OFFSET = 0.6;
/** Longest way to the local goal, as a multiple of the straight line to it. */
const DETOUR = 1.3;
/** Detours shorter than this do not matter. [m] */
const SLACK = 0.1;
/** The local goal never comes nearer than this share of the lookahead. */
const NEAREST = 0.3;

/** The local goal lies at most this share of the lookahead beyond what is in sight. */
const AROUND = 0.3;
/** A line is in sight with this share of the path's clearance. */
const IN_SIGHT = 0.5;
/** Scratch of {@link reachableAhead}. */
const END = new Float64Array(3);

/** Creates an empty route. */
export function createRoute(options: RouteOptions): Route {
  let path: Path | undefined;
  let goal: Goal | undefined;
  let s = 0;
  let escapeLength = 0;
  const pose = new Float64Array(3);
  const workspace = createGlobalPathWorkspace();
  const extent = sceneExtent(options.lookahead);

  return {
    get path() {
      return path;
    },
    plan(field, x, y, nextGoal) {
      const { radius, margin, goalReach = 0.3 } = options;
      const found = planGlobalPath(field, { x, y }, nextGoal, { radius, margin, goalReach }, workspace);
      if (found.path !== undefined) {
        path = found.path;
        goal = nextGoal;
        s = 0;
        escapeLength = found.escapeLength;
      }
      return found.status;
    },
    locate(x, y, reach = 1, field) {
      if (path === undefined || goal === undefined) return undefined;
      s = nearestOnPath(path, x, y, Math.max(0, s - 0.5), extent.reach);
      pathPoseAt(path, s, pose);
      const offset = Math.hypot(pose[0] - x, pose[1] - y);
      const ahead = reachableAhead(path, x, y, s, reach * options.lookahead, (px, py) =>
        field === undefined ? true : inSight(field, x, y, px, py, IN_SIGHT * options.radius),
      );
      const final = ahead >= path.length;
      pathPoseAt(path, Math.min(ahead, path.length), pose);
      const localGoal: Goal = final
        ? { x: pose[0], y: pose[1], yaw: goal.yaw }
        : { x: pose[0], y: pose[1], yaw: pose[2] };
      return {
        goal: localGoal,
        final,
        piece: pathPiece(path, s, ahead + extent.beyond),
        offset,
        remaining: path.length - s,
      };
    },
    blocked(field) {
      if (path === undefined) return false;
      const from = Math.max(s, escapeLength); // the way out of a tight start is no reason to plan again
      return pathBlocked(path, field, options.radius, from, s + extent.reach) >= 0;
    },
    clear() {
      path = undefined;
      goal = undefined;
      s = 0;
    },
  };
}

/**
 * Arc length of the local goal. The cost knows distances only, so a goal around a bend pulls the robot
 * into the wall in between: the goal moves nearer until the way there is at most DETOUR times the straight
 * line, and the path AROUND before it in sight.
 */
function reachableAhead(
  path: Path,
  x: number,
  y: number,
  s: number,
  lookahead: number,
  isInSight: (x: number, y: number) => boolean,
): number {
  for (let reach = lookahead; reach > NEAREST * lookahead; reach -= 0.05 * lookahead) {
    const to = Math.min(s + reach, path.length);
    const [px, py] = pathPoseAt(path, to, END);
    if (to - s > DETOUR * Math.hypot(px - x, py - y) + SLACK) continue;
    const [qx, qy] = pathPoseAt(path, Math.max(s, to - AROUND * lookahead), END);
    if (isInSight(qx, qy)) return s + reach;
  }
  return s + NEAREST * lookahead;
}

/** Whether the straight line keeps a clearance. [m] */
function inSight(
  field: DistanceField,
  x: number,
  y: number,
  px: number,
  py: number,
  clearance: number,
): boolean {
  const steps = Math.ceil(Math.hypot(px - x, py - y) / field.resolution);
  for (let i = 1; i <= steps; i++) {
    const f = i / steps;
    if (distanceAt(field, x + f * (px - x), y + f * (py - y)) < clearance) return false;
  }
  return true;
}
