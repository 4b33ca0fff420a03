import { ConfigError } from "../base/index.ts";
import { type Goal, MAX_ORIGIN } from "../sim/index.ts";
import { sameGoal } from "./navigator-state.ts";
import type { TickReport } from "./scene.ts";

/** A place on a tour: passed through, or, where it has a heading or a wait, or is the last, stopped at. Map frame. */
export type Waypoint = {
  /** What reports call it. */ readonly name?: string;
  /** [m] */ readonly x: number;
  readonly y: number;
  /** [rad] */ readonly yaw?: number;
  /** How near is there, or through; default as for any goal. > 0 [m] */ readonly tolerance?: number;
  /** How long the robot stands there. >= 0 [s] */ readonly wait?: number;
};

/** The way to a stop: its goal leads through the places before it. */
type TourLeg = {
  readonly goal: Goal;
  readonly wait: number /** Number of its first waypoint. */;
  readonly first: number;
};

/** A tour of waypoints and how far it has come: plain data. */
export type Tour = {
  readonly legs: readonly TourLeg[];
  /** Number of the leg under way. */ readonly at: number;
  /** When the robot came to stand at the end of it. [s] */ readonly arrivedAt?: number;
  /** When each waypoint was reached, or passed. [s] */ readonly reached: readonly (number | undefined)[];
  /** Whether the last stop is reached and its wait over. */ readonly done: boolean;
};

/** No tour is longer. */
export const MAX_WAYPOINTS = 10_000;
/** No wait is longer. [s] */
const MAX_WAIT = 1e6;

/** What a waypoint is called in messages, from its number and its name. */
export function waypointName({ name }: Waypoint, n: number): string {
  return name === undefined ? `waypoint ${n + 1}` : `waypoint ${n + 1} (${name})`;
}

/** @throws ConfigError naming the waypoint and what of it is illegal */
export function checkWaypoints(waypoints: readonly Waypoint[]): void {
  const count = Array.isArray(waypoints) ? waypoints.length : -1;
  if (!(count >= 1 && count <= MAX_WAYPOINTS))
    throw new ConfigError(
      `the route ${count < 0 ? `is ${typeof waypoints}` : `has ${count} waypoints`}, expected 1 to ${MAX_WAYPOINTS} of them`,
    );
  for (const [n, waypoint] of waypoints.entries()) {
    if (typeof waypoint !== "object" || waypoint === null)
      throw new ConfigError(`waypoint ${n + 1} is ${waypoint}, expected {x, y, ...}`);
    const { x, y, yaw = 0, tolerance = 1, wait = 0 } = waypoint;
    const refuse = (what: string, value: unknown, expected: string): never => {
      throw new ConfigError(`${waypointName(waypoint, n)}: ${what} is ${value}, expected ${expected}`);
    };
    for (const [axis, value] of Object.entries({ x, y }))
      if (!(Math.abs(value) <= MAX_ORIGIN)) refuse(axis, value, `a finite number within +-${MAX_ORIGIN} [m]`);
    if (!Number.isFinite(yaw)) refuse("yaw", yaw, "a finite angle [rad]");
    if (!(tolerance > 0 && tolerance <= 100)) refuse("tolerance", tolerance, "a number > 0 and <= 100 [m]");
    if (!(wait >= 0 && wait <= MAX_WAIT)) refuse("wait", wait, `a number 0 .. ${MAX_WAIT} [s]`);
  }
}

/** Begins a tour. @throws as {@link checkWaypoints} */
export function beginTour(waypoints: readonly Waypoint[]): Tour {
  checkWaypoints(waypoints);
  const legs: TourLeg[] = [];
  let first = 0;
  for (const [n, { x, y, yaw, tolerance, wait = 0 }] of waypoints.entries()) {
    if (yaw === undefined && wait === 0 && n + 1 < waypoints.length) continue;
    const via = waypoints.slice(first, n).map((place) => placeOf(place));
    const goal: Goal = {
      ...placeOf({ x, y, tolerance }),
      ...(yaw !== undefined && { yaw }),
      ...(via.length > 0 && { via }),
    };
    legs.push({ goal, wait, first });
    first = n + 1;
  }
  return { legs, at: 0, reached: waypoints.map(() => undefined), done: false };
}

function placeOf({ x, y, tolerance }: Waypoint): Pick<Goal, "x" | "y" | "tolerance"> {
  return { x, y, ...(tolerance !== undefined && { tolerance }) };
}

/** Where a tour leads now. */
export function tourGoal({ legs, at }: Tour): Goal {
  return legs[at].goal;
}

/**
 * A tour after a tick: what the robot has passed, whether it waits, and where it goes next; the navigator is to be given
 * {@link tourGoal} whenever `at` has changed. A report on the way to some other goal changes nothing.
 */
export function advanceTour(tour: Tour, { goal, passed = 0, phase, goalCheck, time }: TickReport): Tour {
  const { legs, at, reached } = tour;
  const { goal: here, first, wait } = legs[at];
  if (tour.done || !sameGoal(goal, here)) return tour;
  const stands = phase === "arrived" && goalCheck === "arrived";
  const count = passed + (stands ? 1 : 0);
  const marked = reached.map((known, n) =>
    known === undefined && n >= first && n < first + count ? time : known,
  );
  const arrivedAt = stands ? (tour.arrivedAt ?? time) : tour.arrivedAt;
  const over = arrivedAt !== undefined && time >= arrivedAt + wait - 1e-9;
  if (!over) return { ...tour, reached: marked, arrivedAt };
  if (at + 1 === legs.length) return { ...tour, reached: marked, arrivedAt, done: true };
  return { ...tour, reached: marked, arrivedAt: undefined, at: at + 1 };
}
