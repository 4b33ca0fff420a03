import {
  createGlobalPathWorkspace,
  driveModel,
  type GlobalPathWorkspace,
  NO_ROUTE,
  passMarks,
  type RouteOptions,
  type RouteSearch,
  type RouteState,
  type TurnModel,
  turnModel,
} from "../route/index.ts";
import {
  checkLatency,
  type DistanceField,
  discRadius,
  type Goal,
  type Keepout,
  type Latency,
  MAX_ORIGIN,
  NO_LATENCY,
  type Robot,
  robotBounds,
  robotKinematics,
  robotSizes,
  topSpeed,
  type Via,
} from "../sim/index.ts";
import { DEFAULT_GOAL_TOLERANCE, type GoalTolerance } from "./goal-check.ts";
import { createZoneGuard, type ZoneGuard } from "./guard.ts";
import { routeMargin, routeMarginWeight } from "./navigation-options.ts";
import { createPredictor, type Predictor } from "./predict.ts";
import {
  DEFAULT_RECOVERY_OPTIONS,
  NO_RECOVERY,
  type RecoveryOptions,
  type RecoveryState,
} from "./recovery.ts";
import { type SampleLimits, sampleLimits } from "./sample-check.ts";
import { NEW_WATCH, type SampleWatch, trustAgain } from "./sample-watch.ts";
import type { SensorSample } from "./scene.ts";
import { NO_YIELDING, NOBODY_STANDS, type Standing, type Yielding } from "./standing.ts";
import type { TrajectoryPlanner } from "./trajectory-planner.ts";

export type NavigatorOptions = {
  readonly robot: Robot;
  readonly planner: TrajectoryPlanner;
  readonly tolerance?: Partial<GoalTolerance>;
  readonly recovery?: Partial<RecoveryOptions>;
  /** Clearance beyond its discs that the global path prefers. [m] */
  readonly pathMargin?: number;
  /** Memory of path searches; navigators that take turns may share it. */
  readonly paths?: GlobalPathWorkspace;
  readonly clock?: () => number;
  /** Zones that it may not enter. */
  readonly keepout?: Keepout;
  /** When its commands act; by default as the robot says, else at once. */
  readonly latency?: Latency;
};

/** What every decision of a navigator works with: its options in full, its planner, the memory of path searches. */
export type NavigatorParts = {
  readonly robot: Robot;
  /** Number of states and of controls. */
  readonly sizes: { readonly nx: number; readonly nu: number };
  /** What its samples are judged by. */
  readonly limits: SampleLimits;
  readonly planner: TrajectoryPlanner;
  readonly clock: () => number;
  /** Where the robot will be when its command acts; none where that is at once. */
  readonly predictor?: Predictor;
  /** Of zones that it may not enter. */
  readonly guard?: ZoneGuard;
  readonly tolerance: GoalTolerance;
  readonly recovery: RecoveryOptions;
  readonly route: RouteOptions;
  /** Of a robot that may have to turn round before it drives, and how far its plans look ahead. [s] */
  readonly turn?: TurnModel;
  readonly horizon: number;
  /** The way left or the turn left must shrink by so much to count as progress. */
  readonly progressStep: ProgressStep;
  readonly paths: GlobalPathWorkspace;
};

/** Fills in the defaults, and allocates. */
export function createNavigatorParts(options: NavigatorOptions): NavigatorParts {
  const { robot, planner, keepout } = options;
  const { lookahead, margin, N, dt } = planner.problem.options;
  const { delay, lag } = checkLatency("latency", options.latency ?? robot.latency ?? NO_LATENCY);
  const tolerance = { ...DEFAULT_GOAL_TOLERANCE, ...options.tolerance };
  const pathMargin = options.pathMargin ?? routeMargin(robot, planner.problem.options);
  const marginWeight = routeMarginWeight(robot, planner.problem.options);
  return {
    robot,
    sizes: robotSizes(robot),
    limits: sampleLimits(robot),
    planner,
    clock: options.clock ?? (() => 0),
    ...(delay + lag > 0 && { predictor: createPredictor(robot, { delay, lag }, dt) }),
    ...(keepout !== undefined && { guard: createZoneGuard(robot, keepout) }),
    tolerance,
    recovery: { ...DEFAULT_RECOVERY_OPTIONS, ...options.recovery },
    route: {
      lookahead,
      radius: discRadius(robot),
      margin: pathMargin,
      marginWeight,
      goalReach: 0.9 * tolerance.position,
      drive: driveModel(robot, pathMargin, marginWeight),
    },
    turn: turnModel(robot, margin),
    horizon: N * dt,
    progressStep: progressStep(robot, planner.problem.zones?.lowest),
    paths: options.paths ?? createGlobalPathWorkspace(),
  };
}

/** What is left to do: the way to the goal, and the turn towards that way, or at the goal to its yaw. [m, rad] */
export type Left = { readonly way: number; readonly turn: number };

/** By how much what is left must shrink to count as progress. [m, rad] */
export type ProgressStep = Left;

/** What a robot does in a quarter of a second at its fastest, or where it is slowest, but no more than 10 cm and 0.1 rad. */
function progressStep(robot: Robot, slowest = topSpeed(robot)): ProgressStep {
  const { turnsOnSpot, nu } = robotKinematics(robot);
  const turnRate = robotBounds(robot).xUpper[nu - 1];
  return {
    way: Math.min(0.1, 0.25 * slowest),
    // A car turns only by driving: that it turns shows in its way.
    turn: turnsOnSpot ? Math.min(0.1, 0.25 * turnRate) : Number.POSITIVE_INFINITY,
  };
}

/**
 * The least way to the goal that was ever left, the least turn since then, and since when neither has shrunk noticeably.
 * [m, rad, s]
 */
export type Progress = { readonly least: number; readonly leastTurn: number; readonly since: number };

/** Progress before the first look at the way left. */
export const NO_PROGRESS: Progress = {
  least: Number.POSITIVE_INFINITY,
  leastTurn: Number.POSITIVE_INFINITY,
  since: Number.NaN,
};

/** Progress after a look at what is left; the robot has been stalled for `time - since`. */
export function updateProgress(
  progress: Progress,
  time: number,
  { way, turn }: Left,
  step: ProgressStep,
): Progress {
  const { least, leastTurn, since } = progress;
  if (Number.isNaN(since) || way < least - step.way)
    return { least: Math.min(least, way), leastTurn: turn, since: time };
  return turn < leastTurn - step.turn ? { least, leastTurn: turn, since: time } : progress;
}

/** A search for a route that is not done, where and when it begins, and what unknown space counts as in it. */
export type PendingRoute = {
  readonly search: RouteSearch;
  readonly from: Pick<SensorSample, "time" | "x">;
  readonly unknown: "occupied" | "free";
};

/** What a navigator remembers between ticks: plain data, replaced as a whole. */
export type NavigatorState = {
  /** Number of the tick, from 0; -1 before the first. */
  readonly tick: number;
  readonly paused: boolean;
  /** The samples so far, by which the next one is judged. */
  readonly watch: SampleWatch;
  readonly goal?: Goal;
  readonly route: RouteState;
  /** How many of the places that the goal leads through were passed. */
  readonly passed?: number;
  /** Where the robot was when it last looked for them. [m] */
  readonly lookedAt?: readonly [number, number];
  /** Whether the last tick stopped it at its goal: it stays where it comes to rest within tolerance. */
  readonly arrived?: boolean;
  readonly progress: Progress;
  /** Which movers stand, and for how long the robot has waited for them. */
  readonly standing: Standing;
  readonly yielding: Yielding;
  readonly recovery: RecoveryState;
  /** Why the last search found no path; the one before is followed, if there is one. */
  readonly noPath?: string;
  /** A search for a route that goes on after the next commands. */
  readonly search?: PendingRoute;
  /** When a car's route was last found. [s] */
  readonly searchedAt?: number;
  /** When to search again then. [s] */
  readonly retryAt: number;
  /** Where the belief last took in what the sensors saw. [m] */
  readonly overlaidAt?: readonly [number, number];
  /** What the last tick saw on its way, until it is known whether that blocks the path. */
  readonly seen?: { readonly sample: SensorSample; readonly field: DistanceField };
  /** Time spent on the path since the last report. [ms] */
  readonly renewMs: number;
};

/** A navigator that has been told nothing yet. */
export const NEW_NAVIGATOR: NavigatorState = {
  tick: -1,
  paused: false,
  watch: NEW_WATCH,
  route: NO_ROUTE,
  progress: NO_PROGRESS,
  standing: NOBODY_STANDS,
  yielding: NO_YIELDING,
  recovery: NO_RECOVERY,
  retryAt: Number.NEGATIVE_INFINITY,
  renewMs: 0,
};

/** Whether two goals are the same place. */
export function sameGoal(a: Goal | undefined, b: Goal | undefined): boolean {
  return (
    a === b ||
    (a !== undefined &&
      b !== undefined &&
      a.x === b.x &&
      a.y === b.y &&
      a.yaw === b.yaw &&
      a.tolerance === b.tolerance &&
      sameVia(a.via, b.via))
  );
}

function sameVia(a: Goal["via"] = [], b: Goal["via"] = []): boolean {
  const same = (p: Via, q: Via): boolean => p.x === q.x && p.y === q.y && p.tolerance === q.tolerance;
  return a.length === b.length && a.every((place, n) => same(place, b[n]));
}

/** Why a goal is none, for people. */
export function goalFault(goal: Goal | undefined): string | undefined {
  if (goal === undefined) return undefined;
  if (typeof goal !== "object" || goal === null) return `the goal is ${goal}, expected {x, y} or undefined`;
  const { x, y, yaw, tolerance, via = [] } = goal;
  if (!(Math.abs(x) <= MAX_ORIGIN && Math.abs(y) <= MAX_ORIGIN))
    return `the goal is (${x}, ${y}), expected finite numbers within +-${MAX_ORIGIN} [m]`;
  if (tolerance !== undefined && !(tolerance > 0 && Number.isFinite(tolerance)))
    return `the goal's tolerance is ${tolerance}, expected a finite number > 0 [m]`;
  if (!Array.isArray(via)) return `the goal's via is ${typeof via}, expected an array of places {x, y}`;
  for (const [n, place] of via.entries()) {
    const wrong = goalFault({ x: place?.x, y: place?.y, tolerance: place?.tolerance });
    if (wrong !== undefined) return wrong.replace("the goal", `the goal's via[${n}]`);
  }
  return yaw === undefined || Number.isFinite(yaw)
    ? undefined
    : `the goal's yaw is ${yaw}, expected a finite angle [rad], or none`;
}

/** Why a goal is in a zone that nobody may enter, for people. */
export function zoneFault(keepout: Keepout | undefined, goal: Goal | undefined): string | undefined {
  if (keepout === undefined || goal === undefined) return undefined;
  const inside = [...(goal.via ?? []), goal].find(({ x, y }) => keepout.contains(x, y));
  if (inside === undefined) return undefined;
  const what = inside === goal ? "the goal" : "the place to pass through at";
  return `${what} (${inside.x}, ${inside.y}) lies in a zone of ${keepout.name}, expected one outside: no part of the robot may enter`;
}

/** The state once the robot is sent elsewhere, or nowhere; the trail stays. The same goal again changes nothing. */
export function withGoal(state: NavigatorState, goal: Goal | undefined): NavigatorState {
  if (sameGoal(state.goal, goal)) return state;
  return {
    ...state,
    goal: goal && { ...goal },
    watch: trustAgain(state.watch),
    route: NO_ROUTE,
    passed: 0,
    lookedAt: undefined,
    progress: NO_PROGRESS,
    recovery: { ...NO_RECOVERY, trail: state.recovery.trail },
    seen: undefined,
    search: undefined,
    noPath: undefined,
  };
}

/** How near to a state's goal is there. */
export function toleranceAt(tolerance: GoalTolerance, goal: Goal | undefined): GoalTolerance {
  return goal?.tolerance === undefined ? tolerance : { ...tolerance, position: goal.tolerance };
}

/** Whether there are places left to pass before the goal. */
export function hasPlacesLeft({ goal, passed = 0 }: NavigatorState): boolean {
  return passed < (goal?.via?.length ?? 0);
}

/** The state of a robot that has come to a place: what it was to pass through and did is behind it. */
export function passPlaces(state: NavigatorState, x: number, y: number): NavigatorState {
  if (!hasPlacesLeft(state)) return state;
  const here = [x, y] as const;
  const { route, passed } = passMarks(state.route, state.lookedAt ?? here, here);
  return { ...state, lookedAt: here, ...(passed > 0 && { route, passed: (state.passed ?? 0) + passed }) };
}

/** The state once the map is another one: the way is looked for anew, and what the robot has achieved on it stays. */
export function withoutRoute(state: NavigatorState): NavigatorState {
  return { ...state, route: NO_ROUTE, seen: undefined, search: undefined };
}

/** The state once the robot is to wait, or to go on. */
export function withPause(state: NavigatorState, paused: boolean): NavigatorState {
  if (state.paused === paused) return state;
  return { ...state, paused, watch: trustAgain(state.watch), progress: NO_PROGRESS };
}
