import { ConfigError, oncePer, wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import type { Pose } from "./grid.ts";
import { type Robot, reversePolicy, robotKinematics } from "./robot.ts";

/** Bounds of controls and of the bounded states: the same arrays for whoever asks, not to be written into. */
export type RobotBounds = {
  /** (nu) */ readonly uLower: Vec;
  /** (nu) */ readonly uUpper: Vec;
  /** Bounded components of x: v, w; v, delta; or vx, vy, w. */ readonly boxIndex: readonly number[];
  /** (boxIndex.length) */ readonly xLower: Vec;
  /** (boxIndex.length) */ readonly xUpper: Vec;
};

/** Number of states and controls. */
export function robotSizes(robot: Robot): { nx: number; nu: number } {
  return robotKinematics(robot);
}

/**
 * Continuous-time motion `xdot = f(x, u)`.
 *
 * @param x (nx) @param u (nu) @param out (nx); may not be x
 */
export function robotDerivative(robot: Robot, x: Vec, u: Vec, out: Vec): void {
  const { sideways, nx, yawRate } = robotKinematics(robot);
  const c = Math.cos(x[2]);
  const s = Math.sin(x[2]);
  const vy = sideways === undefined ? 0 : x[sideways];
  out[0] = c * x[3] - s * vy;
  out[1] = s * x[3] + c * vy;
  out[2] = yawRate(robot, x);
  for (let i = 3; i < nx; i++) out[i] = u[i - 3];
}

/**
 * Bounds of controls and speeds (and of the steering angle), for an `Ocp`'s boxes. A robot that never reverses
 * has no speed backwards, whatever its limits.
 */
export const robotBounds: (robot: Robot) => RobotBounds = oncePer((robot) => {
  const { axes } = robotKinematics(robot);
  const limits = limitsOf(robot);
  const uUpper = Float64Array.from(axes, ({ rate }) => limits[rate]);
  const onlyForward = reversePolicy(robot) === "never";
  return {
    uLower: uUpper.map((u) => -u),
    uUpper,
    boxIndex: axes.map((_, i) => 3 + i),
    xLower: Float64Array.from(axes, ({ lowest, highest }) => {
      if (lowest === undefined) return -limits[highest];
      return onlyForward ? 0 : limits[lowest];
    }),
    xUpper: Float64Array.from(axes, ({ highest }) => limits[highest]),
  };
});

function limitsOf({ limits }: Robot): Readonly<Record<string, number>> {
  return limits;
}

/** Largest forward speed. [m/s] */
export function topSpeed(robot: Robot): number {
  return limitsOf(robot)[robotKinematics(robot).axes[0].highest];
}

/** The state (nx) at the origin in which every speed (and the steering angle) has its largest magnitude. */
export function fastestState(robot: Robot): Vec {
  const { xLower, xUpper } = robotBounds(robot);
  return Float64Array.of(0, 0, 0, ...xUpper.map((high, i) => Math.max(high, -xLower[i])));
}

/** Pose of a state, yaw wrapped to [-pi, pi]. */
export function poseOf(x: Vec): Pose {
  return { x: x[0], y: x[1], yaw: wrapAngle(x[2]) };
}

/**
 * The state (nx) of a robot at rest.
 *
 * @throws ConfigError for a pose that is not finite
 */
export function initialState(robot: Robot, pose: Pose): Vec {
  checkPose("pose", pose);
  const x = new Float64Array(robotSizes(robot).nx);
  x[0] = pose.x;
  x[1] = pose.y;
  x[2] = pose.yaw;
  return x;
}

/** Throws a ConfigError unless all three numbers of a pose are finite. */
export function checkPose(name: string, pose: Pose): void {
  if (!(Number.isFinite(pose?.x) && Number.isFinite(pose.y) && Number.isFinite(pose.yaw))) {
    throw new ConfigError(
      `${name} is {x: ${pose?.x}, y: ${pose?.y}, yaw: ${pose?.yaw}}, expected three finite numbers [m, m, rad]`,
    );
  }
}

/** Signed forward speed, or the norm of the velocity of a robot that also goes sideways. [m/s] */
export function linearSpeed(robot: Robot, x: Vec): number {
  const { sideways } = robotKinematics(robot);
  return sideways === undefined ? x[3] : Math.hypot(x[3], x[sideways]);
}

/** Yaw rate. [rad/s] */
export function yawRate(robot: Robot, x: Vec): number {
  return robotKinematics(robot).yawRate(robot, x);
}

/** Velocity of the body along its axes, as in a ROS `geometry_msgs/Twist`. [m/s, m/s, rad/s] */
export type Twist = { readonly vx: number; readonly vy: number; readonly w: number };

/** The velocity of the body in a state. */
export function bodyTwist(robot: Robot, x: Vec): Twist {
  const { sideways } = robotKinematics(robot);
  return { vx: x[3], vy: sideways === undefined ? 0 : x[sideways], w: yawRate(robot, x) };
}

/**
 * True when the robot stands still, up to tolerances.
 *
 * @param vTol [m/s] @param wTol [rad/s]
 */
export function isStopped(robot: Robot, x: Vec, vTol = 0.02, wTol = 0.05): boolean {
  return Math.abs(linearSpeed(robot, x)) <= vTol && Math.abs(yawRate(robot, x)) <= wTol;
}

/**
 * The control that takes every speed to zero as fast as the limits allow and not past it, held for dt.
 * A steering angle stays.
 *
 * @param x (nx) @param dt how long the control will be held [s] @param out (nu)
 */
export function brakeControl(robot: Robot, x: Vec, dt: number, out: Vec): void {
  const { axes, nu, steering } = robotKinematics(robot);
  const limits = limitsOf(robot);
  for (let i = 0; i < nu; i++) {
    const limit = limits[axes[i].rate];
    out[i] = i + 3 === steering ? 0 : Math.max(-limit, Math.min(limit, -x[i + 3] / dt));
  }
}

/** Rounding of a speed that is just enough. */
const JUST_ENOUGH = 1e-9;

/** The slowest turn on the spot of a robot with a deadband; infinite where it does not turn so. [rad/s] */
export function slowestTurn(robot: Robot): number {
  if (!robotKinematics(robot).turnsOnSpot) return Number.POSITIVE_INFINITY;
  const { speed = 0, turn } = robot.deadband ?? {};
  return turn ?? speed / Math.max(...robot.footprint.map(([, y]) => Math.abs(y)));
}

/** Whether a robot that is told the speeds of a state moves: it drives, or turns, no slower than it can. */
export function isEffective(robot: Robot, x: Vec): boolean {
  const { deadband } = robot;
  if (deadband === undefined) return true;
  const turn = Math.abs(yawRate(robot, x));
  return (
    Math.abs(linearSpeed(robot, x)) >= deadband.speed - JUST_ENOUGH ||
    (turn > 0 && turn >= slowestTurn(robot) - JUST_ENOUGH)
  );
}
