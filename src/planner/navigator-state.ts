import { NO_ROUTE, type RouteState } from "../route/index.ts";
import type { DistanceField, Goal } from "../sim/index.ts";
import { NO_PROGRESS, type Progress } from "./progress.ts";
import { NO_RECOVERY, type RecoveryState } from "./recovery.ts";
import type { SensorSample } from "./sensor-sample.ts";

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
  return { ...withoutRoute(state), goal, noPath: undefined };
}

/** The state once the way so far leads nowhere: a new map, a new goal. The trail stays. */
export function withoutRoute(state: NavigatorState): NavigatorState {
  const recovery = { ...NO_RECOVERY, trail: state.recovery.trail };
  return { ...state, route: NO_ROUTE, progress: NO_PROGRESS, recovery, seen: undefined };
}
