import { checkPositive } from "../base/index.ts";
import type { Dynamics } from "../ocp/index.ts";
import { bicycleDynamics } from "./bicycle-dynamics.ts";
import { differentialDynamics, omniDynamics } from "./planar-dynamics.ts";
import type { Robot, RobotModel } from "./robot.ts";

/** The dynamics of each model, apart from the rows of kinematics: who asks for names and sizes loads none of them. */
const DYNAMICS: {
  readonly [M in RobotModel]: (robot: Extract<Robot, { model: M }>, dt: number) => Dynamics;
} = {
  differential: (_, dt) => differentialDynamics(dt),
  bicycle: ({ wheelbase }, dt) => bicycleDynamics(dt, wheelbase),
  omni: (_, dt) => omniDynamics(dt),
};

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
 * Source: docs/solver.md#the-navigation-problem; Hairer, Norsett, Wanner, Solving ODEs I, II.1 (midpoint).
 */
export function robotDynamics(robot: Robot, dt: number): Dynamics {
  checkPositive("dt", dt, "s");
  const dynamics: (robot: never, dt: number) => Dynamics = DYNAMICS[robot.model];
  return dynamics(robot as never, dt);
}
