import { type Goal, type Pose, VIA_TOLERANCE } from "../sim/index.ts";
import { beginDriveRoute, continueDriveRoute, type DriveRouteSearch } from "./drive-route.ts";
import type { FieldTiles } from "./field-tiles.ts";
import {
  beginGlobalPath,
  continueGlobalPath,
  GLOBAL_PATH_DEFAULTS,
  type GlobalPathSearch,
  type GlobalPathStatus,
  type GlobalPathWorkspace,
  pathFarEnough,
} from "./global-path.ts";
import { joinPaths } from "./join-paths.ts";
import type { Path } from "./path.ts";
import type { RouteOptions, RouteState } from "./route.ts";

/** A search for a route, to be continued or done: of a disc's path, or of a body with its headings. */
export type RouteSearch = {
  readonly options: RouteOptions;
  readonly field: FieldTiles;
  readonly start: Pose;
  readonly goal: Goal;
  readonly workspace?: GlobalPathWorkspace;
  /** Places to pass through that are left, and the goal. */
  readonly stops: readonly Goal[];
  /** Paths from stop to stop that are found. */
  readonly legs: Path[];
  /** The search for the next one. */
  leg: RouteLeg;
  escapeLength: number;
};

type RouteLeg = {
  readonly disc?: GlobalPathSearch;
  readonly body?: DriveRouteSearch;
  readonly hinted?: boolean;
};

/** The outcome of a search that is done; a route with status "found" only. */
export type RouteResult = {
  readonly status: GlobalPathStatus;
  readonly route?: RouteState;
  /** Where the way fails to a place to pass through: how many of them are left, with that one. */
  readonly blocked?: number;
};

/** A slice of a search: about 20 ms. */
const SLICE = { cells: 25_000, poses: 1000 };

/** Distances beyond this change no route: the field that it is searched for in may be cut there. [m] */
export function routeFarEnough({ drive, radius, margin }: RouteOptions): number {
  return drive === undefined ? pathFarEnough({ radius, margin }) : drive.farEnough + drive.body.reach;
}

/**
 * Begins the search for a route from a pose to a goal.
 *
 * @param passed of the goal's `via` that need not be passed any more
 */
export function beginRoute(
  options: RouteOptions,
  field: FieldTiles,
  start: Pose,
  goal: Goal,
  workspace?: GlobalPathWorkspace,
  passed = 0,
): RouteSearch {
  const stops: Goal[] = [...(goal.via ?? []).slice(passed), goal];
  const search = { options, field, start, goal, workspace, stops, legs: [], escapeLength: 0, leg: {} };
  return Object.assign(search, { leg: beginLeg(search, true) });
}

/** Begins the search from the last stop to the next. @param hinted whether a body gets a heading for it */
function beginLeg(search: Omit<RouteSearch, "leg">, hinted: boolean): RouteLeg {
  const { options, field, stops, legs, workspace } = search;
  const { radius, margin, marginWeight = GLOBAL_PATH_DEFAULTS.marginWeight, drive } = options;
  const from = endOf(search);
  const { via: _via, tolerance, ...stop } = stops[legs.length];
  const last = legs.length === stops.length - 1;
  const reach = tolerance ?? (last ? undefined : VIA_TOLERANCE);
  const goalReach = reach === undefined ? options.goalReach : REACHED * reach;
  const reached = goalReach === undefined ? {} : { goalReach };
  if (drive === undefined) {
    const how = { radius, margin, marginWeight, ...reached };
    return { disc: beginGlobalPath(field, from, stop, how, workspace) };
  }
  // A body passes through a place in the direction from the place before to the one after.
  const next = stops[legs.length + 1];
  const to = hinted && !last ? { ...stop, yaw: Math.atan2(next.y - from.y, next.x - from.x) } : stop;
  return { body: beginDriveRoute(drive, field, from, to, reached), hinted: hinted && !last };
}

/** Where the legs found so far end. */
function endOf({ start, legs }: Pick<RouteSearch, "start" | "legs">): Pose {
  const path = legs.at(-1);
  if (path === undefined) return start;
  const [x, y] = path.points.subarray(-2);
  return { x, y, yaw: path.yaw[path.yaw.length - 1] };
}

/** A way to a place without room ends within this share of what counts as reached. */
const REACHED = 0.9;
/** Legs that are finished in one go. */
const LEGS = 4;

/**
 * Goes on with a search.
 *
 * @param slices of about 20 ms
 * @returns undefined where there is more to be done
 */
export function continueRoute(search: RouteSearch, slices: number): RouteResult | undefined {
  const { stops, legs } = search;
  const most = Number.isFinite(slices) ? LEGS : Number.POSITIVE_INFINITY;
  for (let n = 0; n < most; n++) {
    const found = continueLeg(search.leg, slices);
    if (found === undefined) return undefined;
    const { status, path, escapeLength = 0 } = found;
    if (path !== undefined) {
      if (legs.length === 0) search.escapeLength = escapeLength;
      legs.push(path);
      if (legs.length === stops.length) return { status, route: routeOf(search) };
      search.leg = beginLeg(search, true);
    } else if (search.leg.hinted === true) search.leg = beginLeg(search, false);
    else
      return { status, ...(legs.length < stops.length - 1 && { blocked: stops.length - 1 - legs.length }) };
  }
  return undefined;
}

function continueLeg(
  { disc, body }: RouteLeg,
  slices: number,
): { readonly status: GlobalPathStatus; readonly path?: Path; readonly escapeLength?: number } | undefined {
  return disc === undefined
    ? continueDriveRoute(body!, slices * SLICE.poses)
    : continueGlobalPath(disc, slices * SLICE.cells);
}

function routeOf({ goal, stops, legs, escapeLength }: RouteSearch): RouteState {
  const { path, ends } = joinPaths(legs);
  const marks = stops
    .slice(0, -1)
    .map(({ x, y, tolerance = VIA_TOLERANCE }, i) => ({ s: ends[i], x, y, tolerance }));
  return {
    path,
    goal,
    s: 0,
    escapeLength,
    ...(path.pieces !== undefined && { piece: 0 }),
    ...(marks.length > 0 && { marks }),
  };
}
