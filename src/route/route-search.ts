import type { Goal, Pose } from "../sim/index.ts";
import { beginDriveRoute, continueDriveRoute, type DriveRouteSearch } from "./drive-route.ts";
import type { FieldTiles } from "./field-tiles.ts";
import {
  beginGlobalPath,
  continueGlobalPath,
  type GlobalPathSearch,
  type GlobalPathStatus,
  type GlobalPathWorkspace,
  pathFarEnough,
} from "./global-path.ts";
import type { RouteOptions, RouteState } from "./route.ts";

/** A search for a route, to be continued or done: of a disc's path, or of a body with its headings. */
export type RouteSearch = {
  readonly goal: Goal;
  readonly disc?: GlobalPathSearch;
  readonly body?: DriveRouteSearch;
};

/** The outcome of a search that is done; a route with status "found" only. */
export type RouteResult = { readonly status: GlobalPathStatus; readonly route?: RouteState };

/** A slice of a search: about 20 ms. */
const SLICE = { cells: 25_000, poses: 1000 };

/** Distances beyond this change no route: the field that it is searched for in may be cut there. [m] */
export function routeFarEnough({ drive, radius, margin }: RouteOptions): number {
  return drive === undefined ? pathFarEnough({ radius, margin }) : drive.farEnough + drive.body.reach;
}

/** Begins the search for a route from a pose to a goal. */
export function beginRoute(
  { radius, margin, goalReach = 0.3, drive }: RouteOptions,
  field: FieldTiles,
  start: Pose,
  goal: Goal,
  workspace?: GlobalPathWorkspace,
): RouteSearch {
  return drive === undefined
    ? { goal, disc: beginGlobalPath(field, start, goal, { radius, margin, goalReach }, workspace) }
    : { goal, body: beginDriveRoute(drive, field, start, goal, { goalReach }) };
}

/**
 * Goes on with a search.
 *
 * @param slices of about 20 ms
 * @returns undefined where there is more to be done
 */
export function continueRoute({ goal, disc, body }: RouteSearch, slices: number): RouteResult | undefined {
  if (disc !== undefined) {
    const found = continueGlobalPath(disc, slices * SLICE.cells);
    if (found?.path === undefined) return found;
    const { status, path, escapeLength } = found;
    return { status, route: { path, goal, s: 0, escapeLength } };
  }
  const found = continueDriveRoute(body!, slices * SLICE.poses);
  if (found?.path === undefined) return found;
  return { status: found.status, route: { path: found.path, goal, s: 0, escapeLength: 0, piece: 0 } };
}
