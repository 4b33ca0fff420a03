import { wrapAngle } from "../base/index.ts";
import {
  type DistanceField,
  distanceAt,
  footprintReach,
  type Pose,
  type Robot,
  reversePolicy,
  robotBounds,
  robotKinematics,
  topSpeed,
} from "../sim/index.ts";
import { REVERSE_PRICE } from "./drive-model.ts";
import type { RoutePoint } from "./route.ts";

/** How a robot that turns on the spot turns, and what it drives at. */
export type TurnModel = {
  /** [rad/s] */ readonly rate: number;
  /** [rad/s^2] */ readonly acceleration: number;
  /** Room that it wants to turn on the spot. [m] */ readonly room: number;
  /** Fastest backwards, <= 0. [m/s] */ readonly vMin: number;
  /** Time for a metre forwards. [s/m] */ readonly forward: number;
  /** What a metre backwards counts as; infinite where the robot never reverses. [s/m] */ readonly reverse: number;
};

/**
 * The model of a robot's turns; undefined for one that cannot turn on the spot, or drives backwards as gladly.
 *
 * @param margin beyond its footprint that it wants for a turn [m]
 */
export function turnModel(robot: Robot, margin: number): TurnModel | undefined {
  const { turnsOnSpot, nu } = robotKinematics(robot);
  const policy = reversePolicy(robot);
  if (!turnsOnSpot || policy === "allowed") return undefined;
  const { xLower, xUpper, uUpper } = robotBounds(robot);
  return {
    rate: xUpper[nu - 1],
    acceleration: uUpper[nu - 1],
    room: footprintReach(robot) + margin,
    vMin: xLower[0],
    forward: 1 / topSpeed(robot),
    reverse: xLower[0] < 0 ? REVERSE_PRICE[policy] / -xLower[0] : Number.POSITIVE_INFINITY,
  };
}

/** Time to turn on the spot from rest to rest. [s] */
export function turnTime({ rate, acceleration }: TurnModel, angle: number): number {
  const a = Math.abs(angle);
  const ramp = rate / acceleration;
  return a > rate * ramp ? a / rate + ramp : 2 * Math.sqrt(a / acceleration);
}

/** A robot that hesitates turns to a local goal that is further aside of it. [rad] */
const ASIDE = Math.PI / 4;
/** A robot that has come to this share of its fastest backwards is on its way so, and not turning with a swing. */
const BACKWARDS = 0.95;

/**
 * The place on the route for a robot that should turn round before it drives: one that has its back to the way, and would
 * not be round within the horizon, so that its plans see what the turn costs and not what it is good for; or that drives
 * backwards already, from where its plans go on so. It should where it has the room, and turning and driving forwards takes
 * less than driving backwards, with the turn at the goal.
 *
 * @param speed forwards [m/s]
 * @param horizon of the plans [s]
 * @param field distances to obstacles around the robot
 * @param hesitates whether the robot has come no nearer lately: it should face its local goal then, where it has the room
 * @returns the point, its local goal where the robot is, turned to the way; undefined where it should drive
 */
export function turnFirst(
  model: TurnModel,
  point: RoutePoint,
  pose: Pose,
  speed: number,
  goalYaw: number | undefined,
  horizon: number,
  field: DistanceField,
  hesitates = false,
): RoutePoint | undefined {
  const { goal, remaining } = point;
  const bearing = Math.atan2(goal.y - pose.y, goal.x - pose.x);
  const turn = wrapAngle(bearing - pose.yaw);
  const turned: RoutePoint = { ...point, goal: { x: pose.x, y: pose.y, yaw: bearing }, final: true };
  if (hesitates && Math.abs(turn) > ASIDE && distanceAt(field, pose.x, pose.y) >= model.room) return turned;
  if (Math.abs(turn) <= Math.PI / 2) return undefined;
  if (turnTime(model, turn) <= horizon && !(speed < BACKWARDS * model.vMin)) return undefined;
  if (distanceAt(field, pose.x, pose.y) < model.room) return undefined;
  const atGoal = (yaw: number): number =>
    goalYaw === undefined ? 0 : turnTime(model, wrapAngle(goalYaw - yaw));
  const forwards = turnTime(model, turn) + model.forward * remaining + atGoal(bearing);
  const backwards =
    turnTime(model, wrapAngle(turn + Math.PI)) + model.reverse * remaining + atGoal(bearing + Math.PI);
  return forwards < backwards ? turned : undefined;
}
