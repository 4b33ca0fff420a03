import { messageOf, wrapAngle } from "../base/index.ts";
import { isFiniteVec, type Vec } from "../ocp/index.ts";
import {
  cellIndexAt,
  fastestState,
  footprintReach,
  linearSpeed,
  MAX_ORIGIN,
  type Robot,
  robotBounds,
  robotKinematics,
  validateFrame,
  YAW_INDEX,
  yawRate,
} from "../sim/index.ts";
import type { SeenMover } from "../track/index.ts";
import type { SensorSample } from "./scene.ts";

/**
 * A measured speed (or steering angle) may exceed the robot's limits by this share of them: noise and overshoot do,
 * a wrong unit, sign or robot does more.
 */
const EXCESS = 0.5;
/** By what an older sample says, nobody can drive: people and doors have moved. [s] */
const OLDEST = 1;
/** A local grid of more cells cannot be worked through within any control period: 2048 x 2048. */
const MOST_CELLS = 2 ** 22;
/** Further turns cannot be told from each other to a microradian. [rad] */
const MOST_YAW = 1e6;

/** What samples of a robot are compared with. */
export type SampleLimits = {
  readonly robot: Robot;
  readonly nx: number;
  readonly names: readonly string[];
  /** (nx - 3) lowest and highest speed or steering angle. */
  readonly low: Vec;
  readonly high: Vec;
  /** (nx - 3) largest change of each in a second. */
  readonly rate: Vec;
  /** Largest speed [m/s], turn rate [rad/s] and braking [m/s^2]. */
  readonly speed: number;
  readonly turn: number;
  readonly brake: number;
  /** Radius of the footprint around its reference point. [m] */
  readonly reach: number;
};

/** The limits of a robot, for {@link sampleFault} and {@link jumpFault}. */
export function sampleLimits(robot: Robot): SampleLimits {
  const { nx, stateNames } = robotKinematics(robot);
  const { xLower: low, xUpper: high, uUpper: rate } = robotBounds(robot);
  const fastest = fastestState(robot);
  return {
    robot,
    nx,
    names: stateNames,
    low,
    high,
    rate,
    speed: Math.abs(linearSpeed(robot, fastest)),
    turn: Math.abs(yawRate(robot, fastest)),
    brake: rate[0],
    reach: footprintReach(robot),
  };
}

/**
 * Why nothing can be planned from a sample by itself, for people: its shape, numbers that are none, speeds that the
 * robot cannot have, a grid that does not hold the robot and the way it needs to stop, movers that nobody can be.
 *
 * @returns undefined where it is plausible
 */
export function sampleFault(sample: SensorSample, limits: SampleLimits): string | undefined {
  if (typeof sample !== "object" || sample === null) return `the sample is ${sample}, expected an object`;
  const { time, x } = sample;
  if (!Number.isFinite(time)) return `the sample's time is ${time}, expected finite seconds`;
  const { age = 0 } = sample;
  if (!(age >= 0 && age <= OLDEST)) return `the sample is ${age} s old, expected 0 .. ${OLDEST}`;
  return stateFault(x, limits) ?? gridFault(sample, limits) ?? moversFault(sample.movers);
}

function stateFault(x: Vec, { robot, nx, names, low, high }: SampleLimits): string | undefined {
  if (!(x instanceof Float64Array)) return `the sensor's state is ${typeof x}, expected a Float64Array`;
  if (x.length !== nx) return `the sensor's state has ${x.length} numbers, expected ${nx}`;
  if (!isFiniteVec(x)) {
    const i = x.findIndex((value) => !Number.isFinite(value));
    return `the sensor's state holds NaN or infinity: ${names[i]} is ${x[i]}, expected a finite number`;
  }
  for (let i = 0; i < nx; i++) {
    const most = i === YAW_INDEX ? MOST_YAW : MAX_ORIGIN;
    if (i < 3 && !(Math.abs(x[i]) <= most))
      return `the sensor says ${names[i]} = ${x[i]}, expected at most ${most}`;
    if (i < 3) continue;
    const [least, largest] = [low[i - 3], high[i - 3]];
    const excess = EXCESS * Math.max(largest, -least);
    if (x[i] < least - excess || x[i] > largest + excess)
      return (
        `the sensor says ${names[i]} = ${x[i]}, expected ${least} .. ${largest}, the limits of ${robot.name}, ` +
        `and at most ${(100 * EXCESS).toFixed(0)}% more`
      );
  }
  return undefined;
}

function gridFault({ x, grid }: SensorSample, limits: SampleLimits): string | undefined {
  if (typeof grid !== "object" || grid === null) return `the sensor's grid is ${grid}, expected a grid`;
  try {
    validateFrame(grid);
  } catch (error) {
    return `the sensor's grid: ${messageOf(error)}`;
  }
  const { cells, width, height, origin, resolution } = grid;
  if (!(cells instanceof Int8Array && cells.length === width * height))
    return `the sensor's grid has ${cells?.length} cells, expected an Int8Array of ${width} x ${height}`;
  if (cells.length > MOST_CELLS)
    return `the sensor's grid has ${cells.length} cells, expected at most ${MOST_CELLS}: only what is near counts`;
  const { sideways } = robotKinematics(limits.robot);
  const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
  const [vx, vy] = [x[3], sideways === undefined ? 0 : x[sideways]];
  const time = Math.hypot(vx, vy) / (2 * limits.brake);
  const [stopX, stopY] = [x[0] + time * (c * vx - s * vy), x[1] + time * (s * vx + c * vy)];
  for (const [what, px, py] of [
    ["the robot", x[0], x[1]],
    ["the place where it can stop", stopX, stopY],
  ] as const) {
    if (cellIndexAt(grid, px, py) >= 0) continue;
    return (
      `the sensor's grid does not cover ${what} (${px.toFixed(2)}, ${py.toFixed(2)}): it is ` +
      `${(width * resolution).toFixed(2)} x ${(height * resolution).toFixed(2)} m from (${origin.x}, ${origin.y})`
    );
  }
  return undefined;
}

/** Movers are people and robots: nobody is larger or faster, and no more of them are looked at. [m, m/s] */
const LARGEST_MOVER = 5;
const FASTEST_MOVER = 20;
const MOST_SEEN = 1000;

/** Why movers that somebody says are near cannot be, for people. */
export function moversFault(movers: readonly SeenMover[] | undefined): string | undefined {
  if (movers === undefined) return undefined;
  if (!Array.isArray(movers)) return `the sample's movers are ${movers}, expected an array`;
  if (movers.length > MOST_SEEN)
    return `the sample has ${movers.length} movers, expected at most ${MOST_SEEN}: only those near count`;
  for (const [i, mover] of movers.entries()) {
    if (typeof mover !== "object" || mover === null) return `mover ${i} is ${mover}, expected an object`;
    const { x, y, vx, vy, radius, deviation } = mover as SeenMover;
    const wrong = (name: string, value: unknown, expected: string): string =>
      `mover ${i} has ${name} ${value}, expected ${expected}`;
    for (const [name, value] of Object.entries({ x, y }))
      if (!(Math.abs(value) <= MAX_ORIGIN))
        return wrong(name, value, `a finite number within +-${MAX_ORIGIN} [m]`);
    for (const [name, value] of Object.entries({ vx, vy }))
      if (!(Math.abs(value) <= FASTEST_MOVER)) return wrong(name, value, `within +-${FASTEST_MOVER} [m/s]`);
    if (!(radius > 0 && radius <= LARGEST_MOVER))
      return wrong("radius", radius, `0 < radius <= ${LARGEST_MOVER} [m]`);
    for (const name of ["place", "speed"] as const) {
      const value = deviation?.[name] ?? 0;
      if (!(value >= 0 && Number.isFinite(value)))
        return wrong(`deviation.${name}`, value, "a finite number >= 0");
    }
  }
  return undefined;
}

/** Poses and speeds may exceed what the limits allow in the time between two samples by this factor. */
const HASTE = 1.5;
/** A heading may jump by so much at once: a localization corrects itself. [rad] */
const TURN_JUMP = 0.5;
/** A speed may jump by this share of the largest, beside what the limits allow: noise. */
const SPEED_JUMP = 0.5;

/**
 * Why a robot cannot have come from one state to another in a time, for people. A place may jump by the robot's own
 * radius, as where a localization corrects itself; a speed may fall to nothing at once, as where wheels are blocked.
 *
 * @param from (nx) @param to (nx) @param elapsed [s] > 0
 * @returns undefined where it can
 */
export function jumpFault(from: Vec, to: Vec, elapsed: number, limits: SampleLimits): string | undefined {
  const { names, low, high, rate, speed, turn, reach, nx, robot } = limits;
  const within = `within ${elapsed.toFixed(3)} s: ${robot.name} cannot`;
  const moved = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (moved > reach + HASTE * speed * elapsed)
    return `the robot's place jumps by ${moved.toFixed(2)} m ${within}`;
  const turned = Math.abs(wrapAngle(to[YAW_INDEX] - from[YAW_INDEX]));
  if (turned > TURN_JUMP + HASTE * turn * elapsed)
    return `the robot's yaw jumps by ${turned.toFixed(2)} rad ${within}`;
  for (let i = 3; i < nx; i++) {
    const change = Math.abs(to[i] - from[i]);
    const free = SPEED_JUMP * Math.max(high[i - 3], -low[i - 3]);
    const slows = to[i] * from[i] >= 0 && Math.abs(to[i]) <= Math.abs(from[i]);
    if (!slows && change > free + HASTE * rate[i - 3] * elapsed)
      return `the robot's ${names[i]} jumps from ${from[i].toFixed(2)} to ${to[i].toFixed(2)} ${within}`;
  }
  return undefined;
}
