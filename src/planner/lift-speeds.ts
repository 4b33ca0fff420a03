import type { Vec } from "../ocp/index.ts";
import {
  isEffective,
  linearSpeed,
  type Robot,
  robotKinematics,
  robotSizes,
  slowestTurn,
  yawRate,
} from "../sim/index.ts";
import type { Plan } from "./scene.ts";

/** A plan wants to move where it does so within this time. [s] */
const SOON = 1;
/** Of a way that is shorter than this share of what the slowest motion covers in a stage, nothing is driven. */
const SHORT = 0.5;

/**
 * Makes of speeds at which a robot would stand, see {@link isEffective}, the slowest ones at which it moves, the way its
 * plan goes, or none: where the plan soon moves, or leads further than half a stage of the slowest motion, and else.
 *
 * @param x (nx) whose speeds are to be told, in place; those of a robot without a deadband stay
 */
export function liftSpeeds(robot: Robot, plan: Plan, x: Vec): void {
  const { deadband } = robot;
  if (deadband === undefined || isEffective(robot, x)) return;
  const { nx, steering } = robotKinematics(robot);
  const stages = plan.X.length / nx;
  const soon = Math.min(stages - 1, Math.ceil(SOON / plan.dt));
  let wish = x;
  for (let k = 1; k <= soon; k++) {
    const here = plan.X.subarray(k * nx, (k + 1) * nx);
    if (wish === x && isEffective(robot, here)) wish = here;
  }
  if (wish === x) {
    const last = (stages - 1) * nx;
    const way = Math.hypot(plan.X[last] - plan.X[0], plan.X[last + 1] - plan.X[1]);
    const turned = Math.abs(plan.X[last + 2] - plan.X[2]);
    const leads = way > SHORT * deadband.speed * plan.dt || turned > SHORT * slowestTurn(robot) * plan.dt;
    if (leads) wish = fastest(plan, nx, soon, robot);
  }
  const factor = wish === x ? 0 : liftOf(robot, wish);
  for (let i = 3; i < nx; i++) if (i !== steering) x[i] = factor * wish[i];
}

/** By how much speeds must grow, or may shrink, to be the slowest at which the robot moves; 0 where they are none. */
function liftOf(robot: Robot, x: Vec): number {
  const { speed } = robot.deadband!;
  const [v, w] = [Math.abs(linearSpeed(robot, x)), Math.abs(yawRate(robot, x))];
  const byDriving = v > 0 ? speed / v : Number.POSITIVE_INFINITY;
  const byTurning = w > 0 ? slowestTurn(robot) / w : Number.POSITIVE_INFINITY;
  const factor = Math.min(byDriving, byTurning);
  return Number.isFinite(factor) ? factor : 0;
}

/** The state of a plan's first stages that comes nearest to moving. */
function fastest({ X }: Plan, nx: number, soon: number, robot: Robot): Vec {
  let best = X.subarray(nx, 2 * nx);
  for (let k = 2; k <= soon; k++) {
    const here = X.subarray(k * nx, (k + 1) * nx);
    if (
      liftOf(robot, here) > 0 &&
      !(liftOf(robot, here) >= (liftOf(robot, best) || Number.POSITIVE_INFINITY))
    )
      best = here;
  }
  return best;
}

/** The first control of a plan that tells a robot speeds at which it moves, or none. @param u (nu) of the plan's */
export function liftControl(robot: Robot, plan: Plan, u: Vec): Vec {
  if (robot.deadband === undefined) return u;
  const { nx, nu } = robotSizes(robot);
  const next = plan.X.slice(0, nx);
  for (let i = 0; i < nu; i++) next[3 + i] += plan.dt * u[i];
  liftSpeeds(robot, plan, next);
  return u.map((_, i) => (next[3 + i] - plan.X[3 + i]) / plan.dt);
}
