import { wrapAngle } from "../base/index.ts";
import { type Goal, isStopped, type Robot } from "../sim/index.ts";

/** How near is there. [m, rad] */
export type GoalTolerance = { readonly position: number; readonly yaw: number };

export const DEFAULT_GOAL_TOLERANCE: GoalTolerance = { position: 0.25, yaw: 0.25 };

/**
 * `inside`: the pose is within tolerance, so the robot should stop; `arrived`: it has. A robot that
 * passes through the tolerance at speed has not arrived.
 */
export type GoalCheck = "away" | "inside" | "arrived";

/** Compares the measured state with the goal. */
export function checkGoal(robot: Robot, x: Float64Array, goal: Goal, tolerance: GoalTolerance): GoalCheck {
  const distance = Math.hypot(x[0] - goal.x, x[1] - goal.y);
  const turned = goal.yaw === undefined || Math.abs(wrapAngle(x[2] - goal.yaw)) <= tolerance.yaw;
  if (!(distance <= tolerance.position && turned)) return "away";
  return isStopped(robot, x) ? "arrived" : "inside";
}
