import {
  createGlobalPathWorkspace,
  type DriveRouteSearch,
  driveModel,
  type GlobalPathWorkspace,
  NO_ROUTE,
  type RouteOptions,
  type RouteState,
} from "../route/index.ts";
import {
  type DistanceField,
  discRadius,
  type Goal,
  type Pose,
  type Robot,
  robotSizes,
  topSpeed,
} from "../sim/index.ts";
import { DEFAULT_GOAL_TOLERANCE, type GoalTolerance } from "./goal-check.ts";
import {
  DEFAULT_RECOVERY_OPTIONS,
  NO_RECOVERY,
  type RecoveryOptions,
  type RecoveryState,
} from "./recovery.ts";
import type { SensorSample } from "./scene.ts";
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
};

/** What every decision of a navigator works with: its options in full, its planner, the memory of path searches. */
export type NavigatorParts = {
  readonly robot: Robot;
  /** Number of states and of controls. */
  readonly sizes: { readonly nx: number; readonly nu: number };
  readonly planner: TrajectoryPlanner;
  readonly clock: () => number;
  readonly tolerance: GoalTolerance;
  readonly recovery: RecoveryOptions;
  readonly route: RouteOptions;
  /** The way left must shrink by so much to count as progress. [m] */
  readonly progressStep: number;
  readonly paths: GlobalPathWorkspace;
};

/** Fills in the defaults, and allocates. */
export function createNavigatorParts(options: NavigatorOptions): NavigatorParts {
  const { robot, planner } = options;
  const { lookahead, margin } = planner.problem.options;
  const tolerance = { ...DEFAULT_GOAL_TOLERANCE, ...options.tolerance };
  return {
    robot,
    sizes: robotSizes(robot),
    planner,
    clock: options.clock ?? (() => 0),
    tolerance,
    recovery: { ...DEFAULT_RECOVERY_OPTIONS, ...options.recovery },
    route: {
      lookahead,
      radius: discRadius(robot),
      margin: options.pathMargin ?? margin,
      goalReach: 0.9 * tolerance.position,
      drive: driveModel(robot, options.pathMargin ?? margin),
    },
    progressStep: Math.min(0.1, 0.25 * topSpeed(robot)),
    paths: options.paths ?? createGlobalPathWorkspace(),
  };
}

/** The least way to the goal that was ever left, and since when it has not shrunk noticeably. [m, s] */
export type Progress = { readonly least: number; readonly since: number };

/** Progress before the first look at the way left. */
export const NO_PROGRESS: Progress = { least: Number.POSITIVE_INFINITY, since: Number.NaN };

/**
 * Progress after a look at the way left; the robot has been stalled for `time - since`.
 *
 * @param remaining length of path left [m]
 * @param step the way left must shrink by so much to count [m]
 */
export function updateProgress(progress: Progress, time: number, remaining: number, step: number): Progress {
  const { least, since } = progress;
  if (!Number.isNaN(since) && !(remaining < least - step)) return progress;
  return { least: Math.min(least, remaining), since: time };
}

/** A search for a car's route that is not done, where it begins, and what unknown space counts as in it. */
export type PendingRoute = {
  readonly search: DriveRouteSearch;
  readonly start: Pose;
  readonly unknown: "occupied" | "free";
};

/** What a navigator remembers between ticks: plain data, replaced as a whole. */
export type NavigatorState = {
  /** Number of the tick, from 0; -1 before the first. */
  readonly tick: number;
  readonly paused: boolean;
  readonly goal?: Goal;
  readonly route: RouteState;
  readonly progress: Progress;
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
  route: NO_ROUTE,
  progress: NO_PROGRESS,
  recovery: NO_RECOVERY,
  retryAt: Number.NEGATIVE_INFINITY,
  renewMs: 0,
};

/** The state once the robot is sent elsewhere, or nowhere. */
export function withGoal(state: NavigatorState, goal: Goal | undefined): NavigatorState {
  return { ...withoutRoute(state), goal, noPath: undefined, search: undefined };
}

/** The state once the way so far leads nowhere: a new map, a new goal. The trail stays. */
export function withoutRoute(state: NavigatorState): NavigatorState {
  const recovery = { ...NO_RECOVERY, trail: state.recovery.trail };
  return { ...state, route: NO_ROUTE, progress: NO_PROGRESS, recovery, seen: undefined, search: undefined };
}
