import { type DistanceField, distanceAt, type Goal } from "../sim/index.ts";
import { bodyBlocked } from "./body-clearance.ts";
import type { DriveModel } from "./drive-model.ts";
import type { CellField } from "./field-tiles.ts";
import {
  GLOBAL_PATH_DEFAULTS,
  type GlobalPathStatus,
  type GlobalPathWorkspace,
  planGlobalPath,
} from "./global-path.ts";
import { nearestOnPath, type Path, type PathPiece, pathBetween, pathBlocked, pathPoseAt } from "./path.ts";
import { sceneExtent } from "./scene-extent.ts";

export type RouteOptions = {
  /** Distance of the local goal along the path. [m] */
  readonly lookahead: number;
  /** Clearance the path needs: the largest disc of the footprint. [m] */
  readonly radius: number;
  /** Clearance it prefers beyond that. [m] */
  readonly margin: number;
  /** Metres of detour that a metre without that is worth; by default as `GLOBAL_PATH_DEFAULTS` say. */
  readonly marginWeight?: number;
  /** How far from a goal without clearance the path may end; default 0.3. [m] */
  readonly goalReach?: number;
  /** Of a robot that cannot turn on the spot: its routes have headings. */
  readonly drive?: DriveModel;
};

/** Where the robot is on its way: the local goal and the piece of the path that leads there. */
export type RoutePoint = {
  readonly goal: Goal;
  /** Whether the local goal is the end of the path. */
  readonly final: boolean;
  /** (n, 2) from beside the robot to somewhat beyond the local goal. */
  readonly piece: Float64Array;
  /** How the robot is to drive there, where the route says. */
  readonly track?: Track;
  /** Distance to the path. [m] */
  readonly offset: number;
  /** Heading of the path there. [rad] */
  readonly yaw: number;
  /** Length left to the end. [m] */
  readonly remaining: number;
};

/** The headings of a piece's points, and in which direction it is driven. */
export type Track = {
  /** (n) [rad] */ readonly headings: Float64Array;
  /** Backwards -1. */ readonly direction: 1 | -1;
  /** Arc length from the piece's first point to ground that nobody has seen, where it leads to some. [m] */
  readonly known?: number;
};

/** A global path to one goal and how far along it the robot is: plain data. */
export type RouteState = {
  readonly path?: Path;
  readonly goal?: Goal;
  /** Arc length beside the robot. [m] */
  readonly s: number;
  /** Length of the way out of a tight start. [m] */
  readonly escapeLength: number;
  /** Number of the path's piece that the robot is on; 0 where it is missing. */
  readonly piece?: number;
  /** Places on it that are to be passed through and were not yet, in order. */
  readonly marks?: readonly RouteMark[];
};

/** A place to pass through: where on the path it is, and how near is through. [m] */
export type RouteMark = {
  readonly s: number;
  readonly x: number;
  readonly y: number;
  readonly tolerance: number;
};

/** The route before the first path. */
export const NO_ROUTE: RouteState = { s: 0, escapeLength: 0 };

/** How far off the path the robot may be before the path is planned again. [m] */
export const MAX_OFFSET = 0.6;
/** Longest way to the local goal, as a multiple of the straight line to it. */
const DETOUR = 1.3;
/** Detours shorter than this do not matter. [m] */
const SLACK = 0.1;
/** The local goal never comes nearer than this share of the lookahead. */
const NEAREST = 0.3;

/** A change of direction is reached from so near, or from the last quarter of a short piece. [m] */
const AT_CUSP = 0.1;
const LAST_SHARE = 0.25;
/** The local goal lies at most this share of the lookahead beyond what is in sight. */
const AROUND = 0.3;
/** A line is in sight with this share of the path's clearance. */
const IN_SIGHT = 0.5;
/** Scratch of {@link reachableAhead}. */
const END = new Float64Array(3);

/** Scratch of {@link locateOnRoute}. */
const POSE = new Float64Array(3);

/**
 * Plans a path from a position to a goal; the old route stays where none is found.
 *
 * @param field distances in the whole map
 * @param workspace memory of earlier calls
 */
export function planRoute(
  { radius, margin, marginWeight = GLOBAL_PATH_DEFAULTS.marginWeight, goalReach = 0.3 }: RouteOptions,
  route: RouteState,
  field: CellField,
  start: { readonly x: number; readonly y: number },
  goal: Goal,
  workspace?: GlobalPathWorkspace,
): { readonly status: GlobalPathStatus; readonly route: RouteState } {
  const found = planGlobalPath(field, start, goal, { radius, margin, marginWeight, goalReach }, workspace);
  if (found.path === undefined) return { status: found.status, route };
  return { status: found.status, route: { path: found.path, goal, s: 0, escapeLength: found.escapeLength } };
}

/**
 * Finds the place beside a robot on its path, and the local goal ahead of it: no further than to the next change of
 * direction.
 *
 * @param reach share of the lookahead to use, in (0, 1]
 * @param field distances to obstacles around the robot; keeps the local goal from hiding behind them
 * @param inFullSight whether the robot shall have a straight line to the local goal, with all the clearance that it has itself
 * @returns the route moved on to that place, and the place; undefined before the first path
 */
export function locateOnRoute(
  options: RouteOptions,
  route: RouteState,
  x: number,
  y: number,
  reach = 1,
  field?: DistanceField,
  inFullSight = false,
): { readonly route: RouteState; readonly point: RoutePoint } | undefined {
  const { path, goal } = route;
  if (path === undefined || goal === undefined) return undefined;
  const extent = sceneExtent(options.lookahead);
  const mark = route.marks?.[0];
  const { piece: number, s } = besideOnPieces(path, route, x, y, extent.reach, mark?.s);
  const { to, direction } = pieceOf(path, number);
  const [besideX, besideY, besideYaw] = pathPoseAt(path, s, POSE);
  const around = inFullSight ? 0 : AROUND;
  const isInSight = (px: number, py: number): boolean => {
    if (field === undefined) return true;
    const { radius } = options;
    const keep = inFullSight ? Math.min(radius, distanceAt(field, x, y)) : IN_SIGHT * radius;
    return inSight(field, x, y, px, py, keep);
  };
  const lookahead = reach * options.lookahead;
  // A robot that keeps to its route is not drawn to what lies behind a bend of it.
  const sighted = path.pieces
    ? s + lookahead
    : reachableAhead(path, x, y, s, to, lookahead, around, isInSight);
  const ahead =
    path.pieces || mark === undefined ? sighted : throughMark(path, x, y, mark, sighted, lookahead);
  const final = ahead >= to;
  const [goalX, goalY, heading] = pathPoseAt(path, Math.min(ahead, to), POSE);
  const { points, yaw: headings } = pathBetween(path, s, Math.min(ahead + extent.beyond, to));
  const point: RoutePoint = {
    goal: { x: goalX, y: goalY, yaw: final && to >= path.length ? goal.yaw : heading },
    final,
    piece: points,
    track: path.pieces && { headings, direction },
    offset: Math.hypot(besideX - x, besideY - y),
    yaw: besideYaw,
    remaining: path.length - s,
  };
  return { route: { ...route, s, piece: number }, point };
}

/** A piece of a path by its number; a path without pieces is one. */
function pieceOf({ pieces, length }: Path, number: number): PathPiece {
  return pieces?.[number] ?? { from: 0, to: length, direction: 1 };
}

/** The place beside a robot on the piece that it is on, or on the next where it has come to the end of one. */
function besideOnPieces(
  path: Path,
  { s: last, piece: number = 0 }: RouteState,
  x: number,
  y: number,
  reach: number,
  atMost = path.length,
): { readonly piece: number; readonly s: number } {
  const { from, to } = pieceOf(path, number);
  const first = Math.max(from, last - 0.5);
  const s = nearestOnPath(path, x, y, first, Math.min(reach, Math.min(to, atMost) - first));
  if (to >= path.length || s < to - Math.min(AT_CUSP, LAST_SHARE * (to - from))) return { piece: number, s };
  return { piece: number + 1, s: to };
}

/** A path planned anew from a position, and the local goal there; no point where there is no path. */
export function planRoutePoint(
  options: RouteOptions,
  field: DistanceField,
  start: { readonly x: number; readonly y: number },
  goal: Goal,
): { readonly status: GlobalPathStatus; readonly point?: RoutePoint } {
  const { status, route } = planRoute(options, NO_ROUTE, field, start, goal);
  return { status, point: locateOnRoute(options, route, start.x, start.y)?.point };
}

/** Whether an obstacle lies on the path within reach of the local goal. */
export function routeBlocked(options: RouteOptions, route: RouteState, field: DistanceField): boolean {
  const { path, s, escapeLength } = route;
  if (path === undefined) return false;
  if (path.pieces !== undefined && options.drive !== undefined)
    return bodyBlocked(options.drive.body, path, field, s, s + sceneExtent(options.lookahead).reach);
  const from = Math.max(s, escapeLength); // the way out of a tight start is no reason to plan again
  const to = s + sceneExtent(options.lookahead).reach;
  return pathBlocked(path, field, options.radius, from, to) >= 0;
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
  end: number,
  lookahead: number,
  around: number,
  isInSight: (x: number, y: number) => boolean,
): number {
  for (let reach = lookahead; reach > NEAREST * lookahead; reach -= 0.05 * lookahead) {
    const to = Math.min(s + reach, end);
    const [px, py] = pathPoseAt(path, to, END);
    if (to - s > DETOUR * Math.hypot(px - x, py - y) + SLACK) continue;
    const [qx, qy] = pathPoseAt(path, Math.max(s, to - around * lookahead), END);
    if (isInSight(qx, qy)) return s + reach;
  }
  return s + NEAREST * lookahead;
}

/** A straight line to the local goal passes through a place where it does within this share of the tolerance. */
const THROUGH = 0.6;

/** Arc length of the local goal so that the straight line there leads through a place to pass: no further than there else. */
function throughMark(
  path: Path,
  x: number,
  y: number,
  mark: RouteMark,
  ahead: number,
  lookahead: number,
): number {
  for (let to = ahead; to > mark.s; to -= 0.05 * lookahead) {
    const [px, py] = pathPoseAt(path, to, END);
    if (distanceToSegment(mark, x, y, px, py) <= THROUGH * mark.tolerance) return to;
  }
  return Math.min(ahead, mark.s);
}

/** Distance of a point to the segment from (ax, ay) to (bx, by). [m] */
function distanceToSegment(
  p: { readonly x: number; readonly y: number },
  ax: number,
  ay: number,
  bx: number,
  by: number,
): number {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const t = squared > 0 ? Math.min(1, Math.max(0, ((p.x - ax) * dx + (p.y - ay) * dy) / squared)) : 0;
  return Math.hypot(ax + t * dx - p.x, ay + t * dy - p.y);
}

/**
 * A route once the robot has moved in a straight line from one place to another.
 *
 * @returns the route without the marks that were passed, in their order, and how many these are
 */
export function passMarks(
  route: RouteState,
  from: readonly [number, number],
  to: readonly [number, number],
): { readonly route: RouteState; readonly passed: number } {
  const marks = route.marks ?? [];
  let passed = 0;
  while (passed < marks.length && distanceToSegment(marks[passed], ...from, ...to) <= marks[passed].tolerance)
    passed++;
  return passed === 0 ? { route, passed } : { route: { ...route, marks: marks.slice(passed) }, passed };
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
