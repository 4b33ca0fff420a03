import {
  type AXIS_MOTIONS,
  fastestState,
  footprintDiscs,
  footprintReach,
  type Robot,
  reversePolicy,
  robotBounds,
  robotKinematics,
  topSpeed,
  yawRate,
} from "../sim/index.ts";
import type { NetOptions } from "./net-options.ts";

/** Speeds that all kinds of robots share: forward, to the left, and turn rate or steering angle. */
export const SHARED_SPEEDS = 3;

/** The place of each motion among the shared speeds. */
const SLOTS: Readonly<Record<keyof typeof AXIS_MOTIONS, number>> = {
  forward: 0,
  sideways: 1,
  turning: 2,
  steering: 2,
};

/** Where a network finds each of a robot's speeds, states 3 and on, and its rates, the controls. */
export function speedSlots(robot: Robot, robots: NetOptions["robots"]): number[] {
  const { axes } = robotKinematics(robot);
  return axes.map(({ motion }, i) => (robots === "any" ? SLOTS[motion] : i));
}

/** Length that a network for any robot measures in: the lookahead and what the robot covers around itself. [m] */
export function robotLength(robot: Robot, lookahead: number): number {
  return lookahead + footprintReach(robot);
}

/** Turns of more than a circle within the horizon, and circles wider than this many units, are all alike. */
const MOST = { turn: 2 * Math.PI, circle: 2 } as const;

/**
 * What a network for any robot is told of it, by name: its kind, what it can do within the horizon in units of
 * {@link robotLength} and of the horizon, and its discs. All of order one, and the same for a robot and its mirror image.
 */
export const ROBOT_WORDS = [
  "steers",
  "sideways",
  "lookahead",
  "travel",
  "backwards",
  "shy of reversing",
  "turn",
  "turning circle",
  "time to stop",
  "way to stop",
  "time to turn",
  "wheelbase",
  "front disc",
  "rear disc",
  "side disc",
  "disc radius",
] as const;

/** The words of a robot whose plans last `horizon` seconds and look `lookahead` metres ahead, in the order of {@link ROBOT_WORDS}. */
export function robotWords(robot: Robot, horizon: number, lookahead: number): Float32Array {
  const { sideways, steering, turningRadius } = robotKinematics(robot);
  const { xLower, xUpper, uUpper } = robotBounds(robot);
  const v = topSpeed(robot);
  const last = xUpper.length - 1;
  const discs = footprintDiscs(robot);
  const length = robotLength(robot, lookahead);
  const toStop = v / uUpper[0];
  const words: Record<(typeof ROBOT_WORDS)[number], number> = {
    steers: steering === undefined ? 0 : 1,
    sideways: sideways === undefined ? 0 : xUpper[1] / v,
    lookahead: lookahead / length,
    travel: (0.5 * v * horizon) / length,
    backwards: -xLower[0] / v,
    "shy of reversing": reversePolicy(robot) === "allowed" ? 0 : 1,
    turn: Math.min(MOST.turn, Math.abs(yawRate(robot, fastestState(robot))) * horizon) / Math.PI,
    "turning circle": Math.min(MOST.circle, turningRadius(robot) / length),
    "time to stop": toStop / horizon,
    "way to stop": (0.5 * v * toStop) / length,
    "time to turn": xUpper[last] / uUpper[last] / horizon,
    wheelbase: "wheelbase" in robot ? robot.wheelbase / length : 0,
    "front disc": Math.max(...discs.map(({ x }) => x)) / length,
    "rear disc": Math.min(...discs.map(({ x }) => x)) / length,
    "side disc": Math.max(...discs.map(({ y }) => Math.abs(y))) / length,
    "disc radius": Math.max(...discs.map(({ r }) => r)) / length,
  };
  return Float32Array.from(ROBOT_WORDS, (word) => words[word]);
}
