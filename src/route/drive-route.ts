import type { Goal, Pose } from "../sim/index.ts";
import { bodyClearance } from "./body-clearance.ts";
import type { DriveGround } from "./drive-cost.ts";
import { reverseCurve } from "./drive-curve.ts";
import { type DriveModel, reversedModel } from "./drive-model.ts";
import { pathOfCurve } from "./drive-path.ts";
import { advanceDriveSearch, createDriveSearch, type DriveSearch, foundCurve } from "./drive-search.ts";
import type { FieldTiles } from "./field-tiles.ts";
import { GLOBAL_PATH_DEFAULTS, type GlobalPathStatus } from "./global-path.ts";
import type { Path } from "./path.ts";
import { mergeCurve, shortenCurve } from "./shorten-curve.ts";

export type DriveRouteOptions = {
  /** How far from a goal without room for the body the way may end. [m] */
  readonly goalReach?: number;
  /** How far a start without room may be left through poses with no less. [m] */
  readonly startReach?: number;
  /** Poses expanded before the search gives up. */
  readonly maxExpansions?: number;
};

export const DRIVE_ROUTE_DEFAULTS = { maxExpansions: 100_000 } as const;

/** The search for a route, to be continued or done. */
export type DriveRouteSearch = {
  readonly start: Float64Array;
  /** Whether the search leads from the goal to the start. */ readonly reversed?: boolean;
  /** None where there is no room for the body at one of the ends. */
  readonly search?: DriveSearch;
  readonly blocked?: "startBlocked" | "goalBlocked";
};

/**
 * Begins the search for a route of a car that touches nothing. It begins at the end that has less room: out of a tight
 * place there are few ways, into one many that fail.
 */
export function beginDriveRoute(
  model: DriveModel,
  field: FieldTiles,
  start: Pose,
  goal: Goal,
  options: DriveRouteOptions = {},
): DriveRouteSearch {
  const o = { ...GLOBAL_PATH_DEFAULTS, ...DRIVE_ROUTE_DEFAULTS, ...options };
  const from = Float64Array.of(start.x, start.y, start.yaw);
  const room = bodyClearance(model.body, field, start.x, start.y, start.yaw);
  if (!(room > -model.body.halfWidth)) return { start: from, blocked: "startBlocked" };
  const tightStart = room < 0 ? { x: start.x, y: start.y, room, reach: o.startReach } : undefined;
  const ground: DriveGround = { model, field, tightStart };
  const to = roomyGoal(ground, goal, o.goalReach);
  if (to === undefined) return { start: from, blocked: "goalBlocked" };
  if (to.yaw === undefined || bodyClearance(model.body, field, to.x, to.y, to.yaw) >= room)
    return { start: from, search: createDriveSearch(ground, from, to, o.maxExpansions) };
  const back: DriveGround = { ...ground, model: reversedModel(model) };
  const end = Float64Array.of(to.x, to.y, to.yaw);
  return { start: from, search: createDriveSearch(back, end, start, o.maxExpansions), reversed: true };
}

/** The outcome of a search that is done. */
export type DriveRouteResult = {
  readonly status: GlobalPathStatus;
  /** With status "found" only. */
  readonly path?: Path;
  readonly expansions: number;
};

/**
 * Goes on with a search.
 *
 * @param count poses to expand at most
 * @returns undefined where there is more to be done
 */
export function continueDriveRoute(
  { start, search, reversed, blocked }: DriveRouteSearch,
  count = Number.POSITIVE_INFINITY,
): DriveRouteResult | undefined {
  if (search === undefined) return { status: blocked!, expansions: 0 };
  const status = advanceDriveSearch(search, count);
  const { expansions, ground } = search;
  if (status === "searching") return undefined;
  if (status !== "found") return { status, expansions };
  const shortened = shortenCurve(ground, search.start, mergeCurve(foundCurve(search)));
  const curve = reversed === true ? reverseCurve(shortened) : shortened;
  return { status, expansions, path: pathOfCurve(start, curve, GLOBAL_PATH_DEFAULTS.spacing) };
}

/** Headings that are looked at for room. */
const HEADINGS = 12;

/** The goal, or the nearest place around it with room for the body. */
function roomyGoal({ model, field }: DriveGround, goal: Goal, reach: number): Goal | undefined {
  const hasRoom = (x: number, y: number): boolean => {
    const count = goal.yaw === undefined ? HEADINGS : 1;
    for (let n = 0; n < count; n++) {
      if (bodyClearance(model.body, field, x, y, (goal.yaw ?? 0) + (2 * Math.PI * n) / count) >= 0)
        return true;
    }
    return false;
  };
  for (let radius = 0; radius <= reach; radius += field.resolution) {
    const count = Math.max(1, Math.ceil((2 * Math.PI * radius) / field.resolution));
    for (let n = 0; n < count; n++) {
      const x = goal.x + radius * Math.cos((2 * Math.PI * n) / count);
      const y = goal.y + radius * Math.sin((2 * Math.PI * n) / count);
      if (hasRoom(x, y)) return { ...goal, x, y };
    }
  }
  return undefined;
}
