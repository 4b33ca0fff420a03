import { messageOf } from "../base/index.ts";
import { NO_PATH, planRoute, type RouteState, routeBlocked } from "../route/index.ts";
import type { Belief } from "./belief.ts";
import { type NavigatorParts, type NavigatorState, NO_PROGRESS, type Progress } from "./navigator-state.ts";
import type { SensorSample } from "./scene.ts";
import { RETRY_AFTER, searchRoute } from "./search-route.ts";

/** What was seen is taken over into the belief this often, or it scrolls out of the local grid. [m] */
const OVERLAY_EVERY = 1;

type PathParts = Pick<NavigatorParts, "route" | "paths">;

/**
 * Renews the path for the next tick, after the command of this one: where an obstacle that has come into view blocks
 * it, or where there was none and it is time to try again. Never throws: a search that fails finds no path.
 */
export function renewPath(
  parts: PathParts,
  belief: Belief | undefined,
  state: NavigatorState,
): NavigatorState {
  const { seen, noPath, retryAt } = state;
  if (seen === undefined || belief === undefined) return state;
  const { sample, field } = seen;
  const looked = { ...state, seen: undefined };
  try {
    const due = noPath === undefined ? routeBlocked(parts.route, state.route, field) : sample.time >= retryAt;
    return due || state.search !== undefined || offItsRoute(parts, state, sample.time)
      ? replanPath(parts, belief, looked, sample)
      : looked;
  } catch (error) {
    const failed = `the search for a path failed: ${messageOf(error)}`;
    return { ...looked, noPath: failed, retryAt: sample.time + RETRY_AFTER };
  }
}

/** A car that has come no further for so long cannot follow its route from where it is. [s] */
const IMPATIENCE = 0.8;

function offItsRoute(
  { route }: PathParts,
  { progress, searchedAt = 0 }: NavigatorState,
  time: number,
): boolean {
  return route.drive !== undefined && time - Math.max(progress.since, searchedAt) > IMPATIENCE;
}

/**
 * Plans the path from a sample through all that is believed: unknown space is an obstacle, and only where no path is
 * found so is it free. The old path stays where there is none at all.
 */
export function replanPath(
  parts: PathParts,
  belief: Belief,
  state: NavigatorState,
  sample: SensorSample,
): NavigatorState {
  const [x, y] = sample.x;
  belief.overlay(sample.grid);
  const { drive } = parts.route;
  if (drive !== undefined) return searchRoute({ ...parts.route, drive }, belief, state, sample);
  const plan = (unknown: "occupied" | "free") =>
    planRoute(parts.route, state.route, belief.distances(unknown), { x, y }, state.goal!, parts.paths);
  const careful = plan("occupied");
  const { status, route } = careful.status === "found" ? careful : plan("free");
  if (status === "found") return { ...state, route, progress: progressOn(state, route), noPath: undefined };
  return { ...state, route, noPath: NO_PATH[status], retryAt: sample.time + RETRY_AFTER };
}

/** A robot that gets no nearer gets none by another map: only a way that leaves an old one is a new beginning. */
function progressOn({ route, progress }: NavigatorState, next: RouteState): Progress {
  if (route.path !== undefined || Number.isNaN(progress.since)) return NO_PROGRESS;
  return { ...progress, least: next.path!.length };
}

/** Lets the belief remember what the sensors saw before it scrolls out of the local grid. */
export function rememberSeen(belief: Belief, state: NavigatorState, sample: SensorSample): NavigatorState {
  const [x, y] = sample.x;
  const [x0, y0] = state.overlaidAt ?? [Number.NaN, Number.NaN];
  if (Math.hypot(x - x0, y - y0) < OVERLAY_EVERY) return state;
  belief.overlay(sample.grid);
  return { ...state, overlaidAt: [x, y] };
}
