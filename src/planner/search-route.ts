import { wrapAngle } from "../base/index.ts";
import {
  beginRoute,
  continueRoute,
  MAX_OFFSET,
  NO_PATH,
  type RouteState,
  routeFarEnough,
} from "../route/index.ts";
import { type Goal, type Pose, poseOf } from "../sim/index.ts";
import type { Belief } from "./belief.ts";
import {
  type NavigatorParts,
  type NavigatorState,
  NO_PROGRESS,
  type PendingRoute,
  type Progress,
} from "./navigator-state.ts";
import type { SensorSample } from "./scene.ts";

/** Where there is no path, one is looked for again after this long. [s] */
export const RETRY_AFTER = 1;
/** A search is of use to a robot that still stands where it begins; a path without headings is soon met. [m, rad] */
const STILL_THERE = { position: 0.2, yaw: 0.3 };

/**
 * Begins the search for a route from a sample, or goes on with the one under way: unknown space is an obstacle,
 * and only where no route is found so is it free. The old route stays until there is another.
 *
 * @param slices of about 20 ms
 */
export function searchRoute(
  { route: options, paths }: Pick<NavigatorParts, "route" | "paths">,
  belief: Belief,
  state: NavigatorState,
  { time, x }: Pick<SensorSample, "time" | "x">,
  slices = 1,
): NavigatorState {
  const goal = state.goal!;
  const here = poseOf(x);
  const isBody = options.drive !== undefined;
  const begin = (unknown: PendingRoute["unknown"]): PendingRoute => {
    const tiles = belief.tiles(unknown, routeFarEnough(options));
    const { passed } = state;
    return {
      search: beginRoute(options, tiles, here, goal, paths, passed),
      from: { time, x: x.slice() },
      unknown,
    };
  };
  let pending = stillThere(state.search, here, isBody) ?? begin("occupied");
  let result = continueRoute(pending.search, slices);
  if (result !== undefined && result.route === undefined && pending.unknown === "occupied") {
    pending = begin("free");
    result = continueRoute(pending.search, slices);
  }
  if (result === undefined) return { ...state, search: pending };
  const done = { ...state, search: undefined };
  const { status, blocked } = result;
  const route = result.route && withoutPassed(result.route, goal, state.passed);
  if (route !== undefined) {
    const progress = isBody ? { ...state.progress, least: route.path!.length } : progressOn(state, route);
    return { ...done, route, progress, noPath: undefined, ...(isBody && { searchedAt: time }) };
  }
  const via = blocked === undefined ? undefined : goal.via?.[goal.via.length - blocked];
  const place = via === undefined ? "" : `, on the way through (${via.x}, ${via.y})`;
  const why = NO_PATH[status as keyof typeof NO_PATH];
  const cannotTurn = isBody && status === "unreachable" ? ", or cannot turn where it would have to" : "";
  const noPath = `${why}${cannotTurn}${place}`;
  return { ...done, noPath, retryAt: time + RETRY_AFTER };
}

/** A route without the marks of places that were passed while it was looked for. */
function withoutPassed(route: RouteState, { via = [] }: Goal, passed = 0): RouteState {
  const { marks } = route;
  if (marks === undefined || marks.length <= via.length - passed) return route;
  return { ...route, marks: marks.slice(marks.length - (via.length - passed)) };
}

/** A robot that gets no nearer gets none by another map: only a way that leaves an old one is a new beginning. */
function progressOn({ route, progress }: NavigatorState, next: RouteState): Progress {
  if (route.path !== undefined || Number.isNaN(progress.since)) return NO_PROGRESS;
  return { ...progress, least: next.path!.length };
}

function stillThere(
  pending: PendingRoute | undefined,
  { x, y, yaw }: Pose,
  isBody: boolean,
): PendingRoute | undefined {
  if (pending === undefined) return undefined;
  const start = poseOf(pending.from.x);
  const away = Math.hypot(x - start.x, y - start.y);
  if (!isBody) return away <= MAX_OFFSET ? pending : undefined;
  return away <= STILL_THERE.position && Math.abs(wrapAngle(yaw - start.yaw)) <= STILL_THERE.yaw
    ? pending
    : undefined;
}
