import { ConfigError } from "../base/index.ts";
import { isFiniteVec, type Vec } from "../ocp/index.ts";
import { bodyTwist, type Robot, robotSizes, type Twist } from "../sim/index.ts";
import { liftSpeeds } from "./lift-speeds.ts";
import { limitSpeeds } from "./limit-command.ts";
import type { Plan } from "./scene.ts";

export type { Twist };

const STANDSTILL: Twist = { vx: 0, vy: 0, w: 0 };

/**
 * The velocity that a plan has reached some time after its start: what to ask of motors that take
 * velocities instead of the accelerations of a command. With `after` one control period, the motors are
 * told where the plan will be when the next plan comes. Whatever the plan says, the velocity is within the
 * robot's limits, and no further from the plan's first than its accelerations allow; it is zero where the plan
 * holds NaN or infinity.
 *
 * @param plan of a report; without one the robot is to stop
 * @param after [s] >= 0; beyond the plan's end its last velocity counts
 * @param led (nu) control of the plan's first stage where lagging motors are asked for more, or less, than it says:
 *   the command of a report that has `measured`
 * @param lifted whether a speed too small to move the robot is raised to one that does; not for a plan that brakes
 * @throws ConfigError for a time that is negative or NaN
 */
export function plannedTwist(
  robot: Robot,
  plan: Plan | undefined,
  after: number,
  led?: Vec,
  lifted = true,
): Twist {
  if (!(after >= 0)) throw new ConfigError(`after is ${after}, expected seconds >= 0`);
  if (plan === undefined) return STANDSTILL;
  const { nx } = robotSizes(robot);
  const last = plan.X.length / nx - 1;
  const stage = Math.min(last, after / plan.dt);
  const k = Math.min(last - 1, Math.floor(stage));
  const x = new Float64Array(nx);
  for (let i = 3; i < nx; i++) {
    const here = plan.X[k * nx + i];
    x[i] = here + (stage - k) * (plan.X[(k + 1) * nx + i] - here);
    if (led !== undefined) x[i] += Math.min(after, plan.dt) * (led[i - 3] - plan.U[i - 3]);
  }
  const from = plan.X.subarray(0, nx);
  if (!(isFiniteVec(x) && isFiniteVec(from))) return STANDSTILL;
  if (lifted) liftSpeeds(robot, plan, x);
  limitSpeeds(robot, x, from, Math.min(after, last * plan.dt));
  return bodyTwist(robot, x);
}
