import {
  type DistanceField,
  type Goal,
  type OccupancyGrid,
  type Robot,
  robotBounds,
  robotKinematics,
} from "../sim/index.ts";
import { type NetOptions, PATCH, resolveNetOptions } from "./net-options.ts";
import { ROBOT_WORDS, SHARED_SPEEDS, speedSlots } from "./robot-words.ts";

/** States X (N + 1, nx) and controls U (N, nu). */
export type NetTrajectory = { readonly X: Float64Array; readonly U: Float64Array };

/** What a prediction is made from: plain data, map frame. */
export type NetScene = {
  /** (nx) pose first. */
  readonly x: Float64Array;
  readonly goal: Goal;
  /** Whether the plan must stop at the goal. */
  readonly final: boolean;
  /** Clearance that the problem asks for. [m] */
  readonly margin: number;
  readonly grid: OccupancyGrid;
  readonly field: DistanceField;
  /** (n, 2) n >= 1, from beside the robot to beyond the goal. */
  readonly path: Float64Array;
  /** Trajectories to correct: along the path, and the last plan moved on in time, where there is one. */
  readonly bases: { readonly path: NetTrajectory; readonly shift?: NetTrajectory };
};

/** What of a robot a network is made for: how it moves, the ground it covers, its limits; as in a robot file. */
export type NetBody = BodyOf<Robot>;
type BodyOf<R> = R extends Robot ? Omit<R, "name" | "source" | "latency"> : never;

/** The part of a robot that decides whether a network is for it. */
export function netBody(robot: NetBody): NetBody {
  const { model, footprint, limits, reverse } = robot;
  const lengths = robotKinematics(robot).lengths.map((key) => [key, robot[key as keyof NetBody]]);
  const body: NetBody = { model, footprint, limits, ...Object.fromEntries(lengths) };
  return reverse === undefined ? body : { ...body, reverse };
}

/**
 * Everything that makes features of a scene and a trajectory of a prediction; goes with the model as JSON. That of a network
 * for any robot (`options.robots`) is in natural units, a lookahead of 1, a horizon of 1, limits of 1, and without a body:
 * {@link specFor} makes it that of a robot.
 */
export type NetSpec = {
  /** Name of the robot it is for. */
  readonly robot: string;
  /** What that robot is; without it, in a file of before, the robot of the house by that name. */
  readonly body?: NetBody;
  /** Of a network for any robot: least and largest of each of {@link ROBOT_WORDS} that it was trained on. */
  readonly trainedOn?: readonly (readonly [number, number])[];
  /** States and controls as the network knows them: the robot's own, or the pose and those that all kinds share. */
  readonly nx: number;
  readonly nu: number;
  readonly N: number;
  /** [s] */ readonly dt: number;
  /** Unit of length of the features, see `netFrame`. [m] */ readonly lookahead: number;
  /** (nx - 3) units of the states after the pose: their limits. */ readonly speedScale: readonly number[];
  /** (nu) units of the controls: their limits. */ readonly controlScale: readonly number[];
  readonly options: NetOptions;
};

/** Sizes of the navigation problem that a network must have been made for. */
export type NavigationSizes = { readonly N: number; readonly dt: number; readonly lookahead: number };

/** The specification of a network for a robot and the sizes of its navigation problem. */
export function createNetSpec(
  robot: Robot,
  { N, dt, lookahead }: NavigationSizes,
  options: Partial<NetOptions> = {},
): NetSpec {
  const o = resolveNetOptions(options);
  const { xLower, xUpper, uLower, uUpper } = robotBounds(robot);
  const slots = speedSlots(robot, o.robots);
  const nu = o.robots === "any" ? SHARED_SPEEDS : slots.length;
  const speedScale = new Array<number>(nu).fill(1);
  const controlScale = new Array<number>(nu).fill(1);
  for (const [i, slot] of slots.entries()) {
    speedScale[slot] = Math.max(Math.abs(xLower[i]), Math.abs(xUpper[i]));
    controlScale[slot] = Math.max(uUpper[i], -uLower[i]);
  }
  const body = netBody(robot);
  return { robot: robot.name, body, nx: 3 + nu, nu, N, dt, lookahead, speedScale, controlScale, options: o };
}

/** The specification of a network for any robot, in natural units. @param options `robots` is "any", whatever they say */
export function createSharedSpec(
  N: number,
  options: Partial<NetOptions>,
  trainedOn?: NetSpec["trainedOn"],
): NetSpec {
  const limits = new Array<number>(SHARED_SPEEDS).fill(1);
  return {
    robot: "any robot",
    ...(trainedOn && { trainedOn }),
    nx: 3 + SHARED_SPEEDS,
    nu: SHARED_SPEEDS,
    N,
    dt: 1 / N,
    lookahead: 1,
    speedScale: limits,
    controlScale: limits,
    options: resolveNetOptions({ ...options, robots: "any" }),
  };
}

/** Whether a specification is that of a network for any robot, and not yet a robot's. */
export function isShared({ options, body }: NetSpec): boolean {
  return options.robots === "any" && body === undefined;
}

/** The specification with which a network serves a robot: its own, or where it is for any robot, in that robot's units. */
export function specFor(spec: NetSpec, robot: Robot, { dt, lookahead }: NavigationSizes): NetSpec {
  return isShared(spec) ? createNetSpec(robot, { N: spec.N, dt, lookahead }, spec.options) : spec;
}

/** Number of trajectories that the network is given to correct: the path's and the shifted last plan. */
export const BASES = 2;
/** Points of the path among the features, and their distance along it in lookaheads. */
export const PATH_POINTS = 12;
export const PATH_STEP = 1 / 8;
/** The field is read at every second stage of a base, beside and ahead of the robot: (forward, left) in lookaheads. */
export const PROBE_STAGES = 2;
export const PROBES: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.1, 0],
  [0, 0.07],
  [0, -0.07],
  [0, 0.15],
  [0, -0.15],
  [0, 0.3],
  [0, -0.3],
];
/** Features of the scene before the path: goal (2), its yaw (cos, sin, given), final, margin, a last plan given. */
export const SCENE_FEATURES = 8;

/** Numbers of everything that goes into and comes out of a network. */
export type FeatureSizes = {
  /** Bytes of the grid: window * window * channels. */ readonly grid: number;
  readonly tokens: number;
  /** Numbers of a patch. */ readonly patch: number;
  /** Numbers that describe the scene but for grid and bases. */ readonly vector: number;
  /** BASES * target. */ readonly bases: number;
  /** N * (nx + nu): a trajectory in the robot's frame, stage by stage. */ readonly target: number;
  /** What the network predicts of it per hypothesis: all, or its controls or states. */ readonly output: number;
};

/** Numbers of a stage that a network predicts, and where they begin among its nx + nu. */
export function predictedRows({ nx, nu, options }: NetSpec): { readonly from: number; readonly to: number } {
  const { predicts } = options;
  return { from: predicts === "controls" ? nx : 0, to: predicts === "states" ? nx : nx + nu };
}

export function featureSizes(spec: NetSpec): FeatureSizes {
  const { nx, nu, N, options } = spec;
  const { from, to } = predictedRows(spec);
  const side = options.window / PATCH;
  const target = N * (nx + nu);
  const probes = BASES * Math.floor(N / PROBE_STAGES) * PROBES.length;
  return {
    grid: options.window * options.window * options.channels.length,
    tokens: side * side,
    patch: PATCH * PATCH * options.channels.length,
    vector: nx - 3 + SCENE_FEATURES + robotWordCount(spec) + 2 * PATH_POINTS + probes,
    bases: BASES * target,
    target,
    output: N * (to - from),
  };
}

/** Numbers that say which robot it is, behind those of the scene; none where there is but one. */
export function robotWordCount({ options }: NetSpec): number {
  return options.robots === "any" ? ROBOT_WORDS.length : 0;
}
