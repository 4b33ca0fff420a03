import {
  type DistanceField,
  type Goal,
  type OccupancyGrid,
  type Robot,
  robotBounds,
  robotKinematics,
  robotSizes,
} from "../sim/index.ts";
import { type NetOptions, PATCH, resolveNetOptions } from "./net-options.ts";

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

/** Everything that makes features of a scene and a trajectory of a prediction; goes with the model as JSON. */
export type NetSpec = {
  /** Name of the robot it is for. */
  readonly robot: string;
  /** What that robot is; without it, in a file of before, the robot of the house by that name. */
  readonly body?: NetBody;
  readonly nx: number;
  readonly nu: number;
  readonly N: number;
  /** [s] */ readonly dt: number;
  /** Unit of length of the features. [m] */ readonly lookahead: number;
  /** (nx - 3) units of the states after the pose: their limits. */ readonly speedScale: readonly number[];
  /** (nu) units of the controls: their limits. */ readonly controlScale: readonly number[];
  readonly options: NetOptions;
};

/** The specification of a network for a robot and the sizes of its navigation problem. */
export function createNetSpec(
  robot: Robot,
  problem: { readonly N: number; readonly dt: number; readonly lookahead: number },
  options: Partial<NetOptions> = {},
): NetSpec {
  const { nx, nu } = robotSizes(robot);
  const { boxIndex, xLower, xUpper, uLower, uUpper } = robotBounds(robot);
  const speedScale = new Array<number>(nx - 3).fill(1);
  for (const [j, i] of boxIndex.entries()) {
    speedScale[i - 3] = Math.max(Math.abs(xLower[j]), Math.abs(xUpper[j]));
  }
  return {
    robot: robot.name,
    body: netBody(robot),
    nx,
    nu,
    N: problem.N,
    dt: problem.dt,
    lookahead: problem.lookahead,
    speedScale,
    controlScale: Array.from(uUpper, (u, i) => Math.max(u, -uLower[i])),
    options: resolveNetOptions(options),
  };
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
  /** What the network predicts of it per hypothesis: all, or N * nu. */ readonly output: number;
};

export function featureSizes({ nx, nu, N, options }: NetSpec): FeatureSizes {
  const side = options.window / PATCH;
  const target = N * (nx + nu);
  const probes = BASES * Math.floor(N / PROBE_STAGES) * PROBES.length;
  return {
    grid: options.window * options.window * options.channels.length,
    tokens: side * side,
    patch: PATCH * PATCH * options.channels.length,
    vector: nx - 3 + SCENE_FEATURES + 2 * PATH_POINTS + probes,
    bases: BASES * target,
    target,
    output: options.predicts === "trajectory" ? target : N * nu,
  };
}
