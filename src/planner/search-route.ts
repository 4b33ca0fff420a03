import { wrapAngle } from "../base/index.ts";
import {
  beginDriveRoute,
  continueDriveRoute,
  type DriveModel,
  NO_PATH,
  type RouteOptions,
} from "../route/index.ts";
import { type Pose, poseOf } from "../sim/index.ts";
import type { Belief } from "./belief.ts";
import type { NavigatorState, PendingRoute } from "./navigator-state.ts";
import type { SensorSample } from "./scene.ts";

/** Where there is no path, one is looked for again after this long. [s] */
export const RETRY_AFTER = 1;
/** Poses expanded at a time, in a tick or after its command: about 20 ms. */
const SLICE = 1000;
/** A search is of use to a robot that still stands where it begins. [m, rad] */
const STILL_THERE = { position: 0.2, yaw: 0.3 };

/**
 * Begins the search for a car's route from a sample, or goes on with the one under way: unknown space is an obstacle,
 * and only where no route is found so is it free. The old route stays until there is another.
 */
export function searchRoute(
  { drive, goalReach }: RouteOptions & { readonly drive: DriveModel },
  belief: Belief,
  state: NavigatorState,
  sample: SensorSample,
): NavigatorState {
  const goal = state.goal!;
  const here = poseOf(sample.x);
  const begin = (unknown: "occupied" | "free"): PendingRoute => {
    const tiles = belief.tiles(unknown, drive.farEnough + drive.body.reach);
    return { search: beginDriveRoute(drive, tiles, here, goal, { goalReach }), start: here, unknown };
  };
  let pending = stillThere(state.search, here) ?? begin("occupied");
  let result = continueDriveRoute(pending.search, SLICE);
  if (result !== undefined && result.path === undefined && pending.unknown === "occupied") {
    pending = begin("free");
    result = continueDriveRoute(pending.search, SLICE);
  }
  if (result === undefined) return { ...state, search: pending };
  const done = { ...state, search: undefined };
  if (result.path !== undefined) {
    const route = { path: result.path, goal, s: 0, escapeLength: 0, piece: 0 };
    const progress = { ...state.progress, least: result.path.length };
    return { ...done, route, progress, noPath: undefined, searchedAt: sample.time };
  }
  const status = result.status as keyof typeof NO_PATH;
  return { ...done, noPath: NO_PATH[status], retryAt: sample.time + RETRY_AFTER };
}

function stillThere(pending: PendingRoute | undefined, { x, y, yaw }: Pose): PendingRoute | undefined {
  if (pending === undefined) return undefined;
  const { start } = pending;
  const near = Math.hypot(x - start.x, y - start.y) <= STILL_THERE.position;
  return near && Math.abs(wrapAngle(yaw - start.yaw)) <= STILL_THERE.yaw ? pending : undefined;
}
