import {
  computeDistanceField,
  distanceAt,
  type Goal,
  type OccupancyGrid,
  type Robot,
  robotKinematics,
  topSpeed,
} from "../sim/index.ts";

export type RecoveryOptions = {
  /** Seconds without progress before something is done. */
  readonly patience: number;
  /** Seconds one escape manoeuvre lasts at most. */
  readonly escapeTime: number;
  /** Attempts before giving up. */
  readonly attempts: number;
};

export const DEFAULT_RECOVERY_OPTIONS: RecoveryOptions = { patience: 4, escapeTime: 3, attempts: 8 };

/** What to do this tick. */
export type RecoveryAction =
  | { readonly kind: "none" }
  /** Forget the last plans and plan the path again. */
  | { readonly kind: "replan" }
  /** Drive to a roomy place nearby first. */
  | { readonly kind: "escape"; readonly goal: Goal; readonly path: Float64Array }
  | { readonly kind: "giveUp"; readonly note: string };

/**
 * A robot that gets no nearer for so long is drawn against a corner by a goal behind it: the local goal
 * comes nearer and the last plan is no guess, until there was progress for a while. [s]
 */
const HESITATION = 1;
const CAUTION = 2;
/**
 * A car at rest, up to this share of its top speed, waits for this share of the patience, before so many attempts: one that is set with its back
 * to the goal of `clutter:10004` takes 15.6 s so, and 20.1 with all of the patience.
 */
const AT_REST = 0.03;
const STANDING_PATIENCE = 0.25;
const HASTY = 2;
/** An escape ends this near to its place. [m] */
const THERE = 0.15;
/** A car goes back along its trail by so much more at each attempt, and may take so much longer. [m, s] */
const BACK = 0.6;
const BACK_TIME = 1.5;

/** What recovery remembers between ticks: plain data. */
export type RecoveryState = {
  readonly attempts: number;
  /** When something was last done. [s] */
  readonly actedAt: number;
  /** When the robot last hesitated. [s] */
  readonly hesitatedAt: number;
  readonly trail: Trail;
  /** The escape under way, and when it ends at the latest. [s] */
  readonly manoeuvre?: { readonly goal: Goal; readonly path: Float64Array; readonly until: number };
};

/** Nothing done yet, nowhere been. */
export const NO_RECOVERY: RecoveryState = {
  attempts: 0,
  actedAt: Number.NEGATIVE_INFINITY,
  hesitatedAt: Number.NEGATIVE_INFINITY,
  trail: [],
};

type Sample = { readonly time: number; readonly x: Float64Array; readonly grid: OccupancyGrid };

/**
 * Gets a robot out of where it makes no progress: plan again, then alternate with escapes, then give up. An
 * escape leads to a roomy place nearby; a car, which cannot turn on the spot, goes back the way it came.
 *
 * @param stalledFor time without progress [s]
 */
export function updateRecovery(
  robot: Robot,
  options: RecoveryOptions,
  state: RecoveryState,
  sample: Sample,
  stalledFor: number,
): { readonly state: RecoveryState; readonly action: RecoveryAction } {
  const { time, x } = sample;
  const isHasty = state.attempts < HASTY && standsAsACar(robot, x);
  const patience = options.patience * (isHasty ? STANDING_PATIENCE : 1);
  const { manoeuvre } = state;
  if (manoeuvre !== undefined) {
    const there = Math.hypot(manoeuvre.goal.x - x[0], manoeuvre.goal.y - x[1]) < THERE;
    if (time < manoeuvre.until && !there) return { state, action: { kind: "escape", ...manoeuvre } };
    return { state: { ...state, manoeuvre: undefined, actedAt: time }, action: { kind: "replan" } };
  }
  const forgiven = stalledFor < 0.5 * options.patience && time - state.actedAt > 3 * options.patience;
  const seen: RecoveryState = {
    ...state,
    trail: extendTrail(state.trail, x[0], x[1]),
    hesitatedAt: stalledFor > HESITATION ? time : state.hesitatedAt,
    attempts: forgiven ? 0 : state.attempts,
  };
  if (stalledFor < patience || time - seen.actedAt < patience)
    return { state: seen, action: { kind: "none" } };
  const acting: RecoveryState = { ...seen, attempts: seen.attempts + 1, actedAt: time };
  if (acting.attempts > options.attempts) {
    const note = `no progress after ${options.attempts} recoveries`;
    return { state: acting, action: { kind: "giveUp", note } };
  }
  if (acting.attempts % 2 === 1) return { state: acting, action: { kind: "replan" } };
  const begun = escapeFrom(robot, options, acting, sample);
  return { state: { ...acting, manoeuvre: begun }, action: { kind: "escape", ...begun } };
}

/** Whether this is a car at rest: it cannot turn to try another way, and only a new route has it back out. */
function standsAsACar(robot: Robot, x: Float64Array): boolean {
  return !robotKinematics(robot).turnsOnSpot && Math.abs(x[3]) < AT_REST * topSpeed(robot);
}

/** Share of the lookahead to use: less for a while after a recovery, or where the robot hesitates. */
export function recoveryReach(options: RecoveryOptions, state: RecoveryState, time: number): number {
  if (time - state.actedAt < 2 * options.patience) return state.attempts % 4 < 2 ? 0.5 : 0.3;
  return time - state.hesitatedAt < CAUTION ? 0.5 : 1;
}

/** Where to this time: a car back along its trail, any other robot to where there is room. */
function escapeFrom(
  robot: Robot,
  options: RecoveryOptions,
  { attempts, trail }: RecoveryState,
  { time, x, grid }: Sample,
): NonNullable<RecoveryState["manoeuvre"]> {
  const back = robotKinematics(robot).turnsOnSpot ? undefined : wayBack(trail, BACK * attempts);
  if (back !== undefined) {
    const goal = { x: back[back.length - 2], y: back[back.length - 1] };
    return { goal, path: back, until: time + options.escapeTime + BACK_TIME * attempts };
  }
  const goal = roomiest(grid, x, Math.min(0.8, 1.5 * topSpeed(robot)), attempts);
  return { goal, path: Float64Array.of(goal.x, goal.y), until: time + options.escapeTime };
}

/** The place on a circle around the robot with the most room, another one at each attempt. */
function roomiest(grid: OccupancyGrid, x: Float64Array, radius: number, attempt: number): Goal {
  const field = computeDistanceField(grid, { unknown: "occupied" });
  const places = Array.from({ length: 16 }, (_, i) => {
    const angle = x[2] + Math.PI + (i * Math.PI) / 8;
    const goal: Goal = { x: x[0] + radius * Math.cos(angle), y: x[1] + radius * Math.sin(angle) };
    return {
      goal,
      room: Math.min(
        distanceAt(field, goal.x, goal.y),
        distanceAt(field, (goal.x + x[0]) / 2, (goal.y + x[1]) / 2),
      ),
    };
  });
  places.sort((a, b) => b.room - a.room);
  return places[Math.min(places.length - 1, attempt / 2 - 1)].goal;
}

/** Where a robot has been lately, oldest first, without the loops and dead ends that it came back from. [m] */
export type Trail = readonly (readonly [number, number])[];

/** Points lie this far apart, and no more than this many are kept. [m] */
const SPACING = 0.05;
const CAPACITY = 100;
/** Coming this near to a point more than so many points ago closes a loop. [m] */
const CLOSED = 0.1;
const RECENT = 6;
/** A shorter way back leads nowhere. [m] */
const SHORTEST = 0.3;

/** The trail of a robot that has come to (x, y). */
export function extendTrail(trail: Trail, x: number, y: number): Trail {
  const distance = ([px, py]: Trail[number]): number => Math.hypot(x - px, y - py);
  const last = trail.at(-1);
  if (last !== undefined && distance(last) < SPACING) return trail;
  for (let k = 0; k < trail.length - RECENT; k++) {
    const isNear = Math.abs(x - trail[k][0]) <= CLOSED && Math.abs(y - trail[k][1]) <= CLOSED;
    if (isNear && distance(trail[k]) <= CLOSED) return trail.slice(0, k + 1);
  }
  return [...trail.slice(-(CAPACITY - 1)), [x, y]];
}

/**
 * The way back along a trail over at most `length` metres, newest point first.
 *
 * @returns (n, 2), or undefined where the robot has hardly moved yet
 */
export function wayBack(trail: Trail, length: number): Float64Array | undefined {
  const way: number[] = [];
  let driven = 0;
  for (let k = trail.length - 1; k >= 0 && driven <= length; k--) {
    const [x, y] = trail[k];
    if (k > 0) driven += Math.hypot(trail[k - 1][0] - x, trail[k - 1][1] - y);
    way.push(x, y);
  }
  return driven < SHORTEST ? undefined : Float64Array.from(way);
}
