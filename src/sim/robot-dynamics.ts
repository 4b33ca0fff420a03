import { ConfigError, wrapAngle } from "../base/index.ts";
import type { Dynamics, Vec } from "../ocp/index.ts";
import { bicycleDynamics } from "./bicycle-dynamics.ts";
import { differentialDynamics } from "./differential-dynamics.ts";
import type { Pose } from "./grid.ts";
import { omniDynamics } from "./omni-dynamics.ts";
import type { Robot } from "./robot.ts";

/** Bounds of controls and of the bounded states. */
export type RobotBounds = {
  /** (nu) */ readonly uLower: Vec;
  /** (nu) */ readonly uUpper: Vec;
  /** Bounded components of x: v, w; v, delta; or vx, vy, w. */ readonly boxIndex: readonly number[];
  /** (boxIndex.length) */ readonly xLower: Vec;
  /** (boxIndex.length) */ readonly xUpper: Vec;
};

/** Where the Jacobians may differ from zero: 1 there, 0 elsewhere. */
export type RobotSparsity = {
  /** (nx, nx) */ readonly A: Uint8Array;
  /** (nx, nu) */ readonly B: Uint8Array;
};

/** Component of x that is an angle: yaw, for every model. */
export const YAW_INDEX = 2;

/** Number of states and controls. */
export function robotSizes(robot: Robot): { nx: number; nu: number } {
  return robot.model === "omni" ? { nx: 6, nu: 3 } : { nx: 5, nu: 2 };
}

/**
 * The robot's motion over one step by the explicit midpoint rule, with its exact Jacobian and the exact
 * contraction of its second derivatives; nothing is allocated after this call.
 *
 *     x_{k+1} = x_k + dt f(x_k + dt/2 f(x_k, u_k), u_k)
 *
 * differential x = (px, py, yaw, v, w), u = (a, alpha); bicycle x = (px, py, yaw, v, delta),
 * u = (a, deltaRate), reference point on the rear axle; omni x = (px, py, yaw, vx, vy, w) with body
 * velocities, u = (ax, ay, alpha). Yaw is not wrapped, limits are not applied.
 *
 * @param dt step [s], > 0
 * @throws ConfigError for a step that is not positive
 * Source: MATH section 1; Hairer, Norsett, Wanner, Solving ODEs I, II.1 (midpoint).
 */
export function robotDynamics(robot: Robot, dt: number): Dynamics {
  if (!(dt > 0 && Number.isFinite(dt))) {
    throw new ConfigError(`dt is ${dt}, expected a finite number > 0 [s]`);
  }
  switch (robot.model) {
    case "differential":
      return differentialDynamics(dt);
    case "bicycle":
      return bicycleDynamics(dt, robot.wheelbase);
    case "omni":
      return omniDynamics(dt);
  }
}

/**
 * Continuous-time motion `xdot = f(x, u)`.
 *
 * @param x (nx) @param u (nu) @param out (nx); may not be x
 */
export function robotDerivative(robot: Robot, x: Vec, u: Vec, out: Vec): void {
  const c = Math.cos(x[2]);
  const s = Math.sin(x[2]);
  if (robot.model === "omni") {
    out[0] = c * x[3] - s * x[4];
    out[1] = s * x[3] + c * x[4];
    out[2] = x[5];
    out[3] = u[0];
    out[4] = u[1];
    out[5] = u[2];
    return;
  }
  out[0] = c * x[3];
  out[1] = s * x[3];
  out[2] = robot.model === "bicycle" ? (x[3] * Math.tan(x[4])) / robot.wheelbase : x[4];
  out[3] = u[0];
  out[4] = u[1];
}

/** Bounds of controls and speeds (and of the steering angle), for an {@link Ocp}'s boxes. */
export function robotBounds(robot: Robot): RobotBounds {
  switch (robot.model) {
    case "differential": {
      const { vMin, vMax, wMax, aMax, alphaMax } = robot.limits;
      return boxes([aMax, alphaMax], [3, 4], [vMin, -wMax], [vMax, wMax]);
    }
    case "bicycle": {
      const { vMin, vMax, deltaMax, aMax, deltaRateMax } = robot.limits;
      return boxes([aMax, deltaRateMax], [3, 4], [vMin, -deltaMax], [vMax, deltaMax]);
    }
    case "omni": {
      const { vxMin, vxMax, vyMax, wMax, aMax, alphaMax } = robot.limits;
      return boxes([aMax, aMax, alphaMax], [3, 4, 5], [vxMin, -vyMax, -wMax], [vxMax, vyMax, wMax]);
    }
  }
}

function boxes(uMax: number[], boxIndex: number[], xLower: number[], xUpper: number[]): RobotBounds {
  return {
    uLower: Float64Array.from(uMax, (u) => -u),
    uUpper: Float64Array.from(uMax),
    boxIndex,
    xLower: Float64Array.from(xLower),
    xUpper: Float64Array.from(xUpper),
  };
}

/** The pattern of non-zeros of the midpoint step's Jacobians. */
export function robotSparsity(robot: Robot): RobotSparsity {
  const rows =
    robot.model === "omni"
      ? {
          A: ["101111", "011111", "001001", "000100", "000010", "000001"],
          B: ["110", "110", "001", "100", "010", "001"],
        }
      : robot.model === "bicycle"
        ? { A: ["10111", "01111", "00111", "00010", "00001"], B: ["10", "10", "11", "10", "01"] }
        : { A: ["10111", "01111", "00101", "00010", "00001"], B: ["10", "10", "01", "10", "01"] };
  const mask = (lines: string[]): Uint8Array => Uint8Array.from(lines.join(""), Number);
  return { A: mask(rows.A), B: mask(rows.B) };
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

/** Signed forward speed (differential, bicycle) or the norm of the velocity (omni). [m/s] */
export function linearSpeed(robot: Robot, x: Vec): number {
  return robot.model === "omni" ? Math.hypot(x[3], x[4]) : x[3];
}

/** Yaw rate. [rad/s] */
export function yawRate(robot: Robot, x: Vec): number {
  if (robot.model === "bicycle") return (x[3] * Math.tan(x[4])) / robot.wheelbase;
  return x[robot.model === "omni" ? 5 : 4];
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
 * A bicycle keeps its steering angle.
 *
 * @param x (nx) @param dt how long the control will be held [s] @param out (nu)
 */
export function brakeControl(robot: Robot, x: Vec, dt: number, out: Vec): void {
  switch (robot.model) {
    case "differential":
      out[0] = brake(x[3], robot.limits.aMax, dt);
      out[1] = brake(x[4], robot.limits.alphaMax, dt);
      return;
    case "bicycle":
      out[0] = brake(x[3], robot.limits.aMax, dt);
      out[1] = 0;
      return;
    case "omni":
      out[0] = brake(x[3], robot.limits.aMax, dt);
      out[1] = brake(x[4], robot.limits.aMax, dt);
      out[2] = brake(x[5], robot.limits.alphaMax, dt);
  }
}

function brake(speed: number, limit: number, dt: number): number {
  return Math.max(-limit, Math.min(limit, -speed / dt));
}
