import { oncePer, wrapAngle } from "../base/index.ts";
import { clipControl, createTrajectory, type Trajectory, type Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  distanceAt,
  footprintReach,
  type Robot,
  robotBounds,
  robotKinematics,
  topSpeed,
} from "../sim/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import type { Scene } from "./scene.ts";

/** Time constants with which pursuit closes the errors of speed and of turning. [s] */
const SPEED_TIME = 0.25;
const TURN_TIME = 0.2;
/** Share of the top speed that pursuit drives at. */
const CRUISE = 0.6;
/** Cosine of the angle beyond which a point is behind a robot. */
const BEHIND = -0.3;
/** Pursuit aims this far ahead, as a share of the lookahead. */
const AIM = 0.15;

/** Controls that drive straight at the local goal, whatever is in between. */
export function straightStart(problem: NavigationProblem, scene: Scene): SqpGuess {
  return { U: pursue(problem, scene.x, Float64Array.of(scene.goal.x, scene.goal.y)) };
}

/**
 * Controls that follow the global path by pursuit: aim at a point a little ahead on the path, slow down
 * where it lies to the side, and near the end.
 */
export function pathStart(problem: NavigationProblem, scene: Scene): SqpGuess {
  return { U: pursue(problem, scene.x, scene.path) };
}

/**
 * Pursuit of the path backwards, for a robot with its back to it that turns on the spot where it has no room to turn;
 * undefined for any other.
 *
 * @param field distances to obstacles around the robot
 */
export function reverseStart(
  problem: NavigationProblem,
  scene: Scene,
  field: DistanceField,
): Pick<Trajectory, "X" | "U"> | undefined {
  const { x, path } = scene;
  const { robot, options } = problem;
  if (!robotKinematics(robot).turnsOnSpot || robotBounds(robot).xLower[0] >= 0) return undefined;
  if (distanceAt(field, x[0], x[1]) >= footprintReach(robot) + options.margin) return undefined;
  const aim = AIM * options.lookahead;
  let at = 0;
  while (at + 1 < path.length / 2 && distanceSquared(path, at, x) < aim * aim) at++;
  const bearing = Math.atan2(path[2 * at + 1] - x[1], path[2 * at] - x[0]);
  return Math.cos(bearing - x[2]) < BEHIND ? pursuit(problem, x, path, -1) : undefined;
}

/** The controls of `pursuit` alone. @returns U (N, nu) */
export function pursue(problem: NavigationProblem, x0: Vec, path: Vec): Vec {
  return pursuit(problem, x0, path).U;
}

/**
 * Rolls out pursuit of a polyline.
 *
 * @param x0 (nx)
 * @param path (n, 2), n >= 1
 * @param direction -1: with the back ahead, where the robot turns on the spot
 */
export function pursuit(
  problem: NavigationProblem,
  x0: Vec,
  path: Vec,
  direction: 1 | -1 = 1,
): Pick<Trajectory, "X" | "U"> {
  const { ocp, robot, options } = problem;
  const { X, U, x: states, u: controls } = rolloutOf(problem);
  states[0].set(x0);
  const aim = AIM * options.lookahead;
  const last = path.length / 2 - 1;
  let at = 0;
  for (let k = 0; k < ocp.N; k++) {
    const x = states[k];
    const u = controls[k];
    while (at < last && distanceSquared(path, at + 1, x) <= distanceSquared(path, at, x)) at++;
    let target = at;
    while (target < last && distanceSquared(path, target, x) < aim * aim) target++;
    steer(
      robot,
      x,
      path[2 * target],
      path[2 * target + 1],
      Math.sqrt(distanceSquared(path, last, x)),
      aim,
      direction,
      u,
    );
    keepWithinSpeeds(problem, x, u);
    clipControl(ocp, u, k);
    ocp.dynamics.step(x, u, k, states[k + 1]);
  }
  return { X: X.slice(), U: U.slice() };
}

/** The trajectory that a problem's pursuits are rolled out in: every stage of it is written each time. */
const rolloutOf = oncePer(({ ocp }: NavigationProblem) => createTrajectory(ocp));

function distanceSquared(path: Vec, i: number, x: Vec): number {
  return (path[2 * i] - x[0]) ** 2 + (path[2 * i + 1] - x[1]) ** 2;
}

/** Writes the control that turns and drives the robot at x towards a point, `remaining` from the end. */
function steer(
  robot: Robot,
  x: Vec,
  tx: number,
  ty: number,
  remaining: number,
  aim: number,
  direction: 1 | -1,
  u: Vec,
): void {
  const distance = Math.hypot(tx - x[0], ty - x[1]);
  let error = wrapAngle(Math.atan2(direction * (ty - x[1]), direction * (tx - x[0])) - x[2]);
  if (distance < 0.25 * aim) error = 0;
  const cruise = direction * Math.min(CRUISE * topSpeed(robot), 1.5 * remaining);
  const { sideways, turnsOnSpot, turnFor } = robotKinematics(robot);
  const { xLower, xUpper } = robotBounds(robot);
  if (sideways !== undefined) {
    u[0] = (cruise * Math.cos(error) - x[3]) / SPEED_TIME;
    u[1] = (Math.min(cruise, xUpper[1]) * Math.sin(error) - x[4]) / SPEED_TIME;
    u[2] = (limit(error / (5 * TURN_TIME), xUpper[2]) - x[5]) / TURN_TIME;
    return;
  }
  const ahead = Math.max(0, Math.cos(error));
  if (turnsOnSpot) {
    u[0] = (cruise * ahead * ahead - x[3]) / SPEED_TIME;
    u[1] = (limit(3 * error, xUpper[1]) - x[4]) / TURN_TIME;
    return;
  }
  // The arc through the point, tangent to the heading; a car backs up to what lies behind it.
  const curvature = (2 * Math.sin(error)) / Math.max(distance, aim);
  if (Math.cos(error) < BEHIND && xLower[0] < 0) {
    u[0] = (Math.max(-0.5 * cruise, xLower[0]) - x[3]) / SPEED_TIME;
    u[1] = (limit(turnFor(robot, curvature, x[3]), xUpper[1]) - x[4]) / TURN_TIME;
    return;
  }
  const delta = Math.cos(error) > 0 ? turnFor(robot, curvature, x[3]) : Math.sign(error) * xUpper[1];
  u[0] = (Math.max(0.3, ahead) * cruise - x[3]) / SPEED_TIME;
  u[1] = (limit(delta, xUpper[1]) - x[4]) / TURN_TIME;
}

function limit(value: number, largest: number): number {
  return Math.min(largest, Math.max(-largest, value));
}

/** Reduces accelerations that would leave the speed limits within this stage. */
export function keepWithinSpeeds(problem: NavigationProblem, x: Vec, u: Vec): void {
  const { boxIndex, xLower, xUpper } = robotBounds(problem.robot);
  const dt = problem.options.dt;
  for (let j = 0; j < boxIndex.length; j++) {
    const v = x[boxIndex[j]];
    u[j] = Math.min(Math.max(u[j], (xLower[j] - v) / dt), (xUpper[j] - v) / dt);
  }
}
