import { messageOf, wrapAngle } from "../base/index.ts";
import { locateOnRoute, routeBlocked } from "../route/index.ts";
import { robotKinematics, YAW_INDEX } from "../sim/index.ts";
import type { Belief } from "./belief.ts";
import type { NavigatorParts, NavigatorState } from "./navigator-state.ts";
import type { SensorSample } from "./scene.ts";
import { RETRY_AFTER, searchRoute } from "./search-route.ts";

/** What was seen is taken over into the belief this often, or it scrolls out of the local grid. [m] */
const OVERLAY_EVERY = 1;

type PathParts = Pick<NavigatorParts, "route" | "paths" | "planner">;

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
  return guarded(looked, sample.time, () => {
    const due = noPath === undefined ? routeBlocked(parts.route, state.route, field) : sample.time >= retryAt;
    return due || state.search !== undefined || offItsRoute(parts, state, sample)
      ? replanPath(parts, belief, looked, sample)
      : looked;
  });
}

/** Finds a path from a sample, however long that takes, where there is none yet. Never throws. */
export function prepareSearch(
  parts: PathParts,
  belief: Belief | undefined,
  state: NavigatorState,
  sample: SensorSample,
): NavigatorState {
  if (belief === undefined || state.goal === undefined || state.route.path !== undefined) return state;
  return guarded(state, sample.time, () =>
    replanPath(parts, belief, state, sample, Number.POSITIVE_INFINITY),
  );
}

/** Goes on with a search for a path that is not done, between two samples. Never throws. */
export function continueSearch(
  parts: PathParts,
  belief: Belief | undefined,
  state: NavigatorState,
): NavigatorState {
  const { search } = state;
  if (search === undefined || belief === undefined) return state;
  return guarded(state, search.from.time, () => searchRoute(parts, belief, state, search.from));
}

/** What a search makes of a state; one that fails finds no path. */
function guarded(state: NavigatorState, time: number, search: () => NavigatorState): NavigatorState {
  try {
    return search();
  } catch (error) {
    const noPath = `the search for a path failed: ${messageOf(error)}`;
    return { ...state, search: undefined, noPath, retryAt: time + RETRY_AFTER };
  }
}

/** A car that has come no further for so long cannot follow its route from where it is. [s] */
const IMPATIENCE = 0.8;
/**
 * Nor can one that is so many turning radii beside its route, or so far turned from it [rad], and would touch something at more than this
 * share of its speed.
 */
const BESIDE = 0.135;
const TURNED = 0.2;
const CREEPING = 0.4;

function offItsRoute(
  { route: options, planner }: PathParts,
  { progress, searchedAt = 0, route }: NavigatorState,
  { time, x }: SensorSample,
): boolean {
  if (options.drive === undefined || time - searchedAt <= IMPATIENCE) return false;
  if (time - progress.since > IMPATIENCE) return true;
  const { reference, robot } = planner.problem;
  const { speed = 1 } = reference ?? {};
  const point = speed < CREEPING ? locateOnRoute(options, route, x[0], x[1])?.point : undefined;
  if (point === undefined) return false;
  const beside = BESIDE * robotKinematics(robot).turningRadius(robot);
  return point.offset > beside || Math.abs(wrapAngle(x[YAW_INDEX] - point.yaw)) > TURNED;
}

/** Takes what the sensors see over into the belief, and looks for a path from a sample, see {@link searchRoute}. */
export function replanPath(
  parts: PathParts,
  belief: Belief,
  state: NavigatorState,
  sample: SensorSample,
  slices?: number,
): NavigatorState {
  belief.overlay(sample.grid);
  return searchRoute(parts, belief, state, sample, slices);
}

/** Lets the belief remember what the sensors saw before it scrolls out of the local grid. */
export function rememberSeen(belief: Belief, state: NavigatorState, sample: SensorSample): NavigatorState {
  const [x, y] = sample.x;
  const [x0, y0] = state.overlaidAt ?? [Number.NaN, Number.NaN];
  if (Math.hypot(x - x0, y - y0) < OVERLAY_EVERY) return state;
  belief.overlay(sample.grid);
  return { ...state, overlaidAt: [x, y] };
}
