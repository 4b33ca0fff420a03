import { createGlobalPathWorkspace, type GlobalPathWorkspace, type RouteOptions } from "../route/index.ts";
import { discRadius, type Robot, robotSizes, topSpeed } from "../sim/index.ts";
import { DEFAULT_GOAL_TOLERANCE, type GoalTolerance } from "./goal-check.ts";
import { DEFAULT_RECOVERY_OPTIONS, type RecoveryOptions } from "./recovery.ts";
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
    },
    progressStep: Math.min(0.1, 0.25 * topSpeed(robot)),
    paths: options.paths ?? createGlobalPathWorkspace(),
  };
}
