import { wrapAngle } from "../base/index.ts";
import { type Goal, isStopped, type Robot } from "../sim/index.ts";

/** How near is there. [m, rad] */
export type GoalTolerance = { readonly position: number; readonly yaw: number };

export const DEFAULT_GOAL_TOLERANCE: GoalTolerance = { position: 0.25, yaw: 0.25 };

/**
 * `inside`: the pose is within tolerance; `arrived`: and the robot stands. A robot that passes through the tolerance at
 * speed has not arrived.
 */
export type GoalCheck = "away" | "inside" | "arrived";

/** Compares a state, measured or predicted, with the goal. */
export function checkGoal(robot: Robot, x: Float64Array, goal: Goal, tolerance: GoalTolerance): GoalCheck {
  const distance = Math.hypot(x[0] - goal.x, x[1] - goal.y);
  const turned = goal.yaw === undefined || Math.abs(wrapAngle(x[2] - goal.yaw)) <= tolerance.yaw;
  if (!(distance <= tolerance.position && turned)) return "away";
  return isStopped(robot, x) ? "arrived" : "inside";
}

/** A robot nearer to its goal than this share of the tolerance comes no nearer: it stops. */
const AT_GOAL = 0.1;

/** Whether a robot is so near to its goal that it should stop. */
export function isAtGoal(
  robot: Robot,
  x: Float64Array,
  goal: Goal,
  { position, yaw }: GoalTolerance,
): boolean {
  return checkGoal(robot, x, goal, { position: AT_GOAL * position, yaw: AT_GOAL * yaw }) !== "away";
}
