import type { Vec } from "../ocp/index.ts";
import type { Deadband } from "./deadband.ts";
import type { Latency } from "./latency.ts";
import type { Lidar } from "./lidar.ts";

/** Limits of a differential drive. [m/s, rad/s, m/s^2, rad/s^2] */
export type DifferentialLimits = {
  /** Fastest backwards, <= 0. */ readonly vMin: number;
  readonly vMax: number;
  readonly wMax: number;
  readonly aMax: number;
  readonly alphaMax: number;
};

/** Limits of a kinematic bicycle. [m/s, rad, m/s^2, rad/s] */
export type BicycleLimits = {
  /** Fastest backwards, <= 0. */ readonly vMin: number;
  readonly vMax: number;
  /** Largest steering angle, at most 1.5. */ readonly deltaMax: number;
  readonly aMax: number;
  readonly deltaRateMax: number;
};

/** Limits of an omnidirectional base; speeds and accelerations along the body's axes. [m/s, rad/s, m/s^2, rad/s^2] */
export type OmniLimits = {
  /** Fastest backwards, <= 0. */ readonly vxMin: number;
  readonly vxMax: number;
  readonly vyMax: number;
  readonly wMax: number;
  /** Along each axis. */ readonly aMax: number;
  readonly alphaMax: number;
};

/** Corners of a convex polygon, counter-clockwise, body frame: x forward, y left. [m] */
export type Footprint = readonly (readonly [number, number])[];

/** Whether a robot drives backwards: as gladly as forwards, for manoeuvres, or not at all. */
export const REVERSE_POLICIES = ["allowed", "discouraged", "never"] as const;
export type ReversePolicy = (typeof REVERSE_POLICIES)[number];

type Body = {
  readonly name: string;
  /** Datasheet, URDF or paper the numbers come from. */ readonly source: string;
  readonly footprint: Footprint;
  /** Without it, as its model does: see {@link reversePolicy}. */ readonly reverse?: ReversePolicy;
  /** When it does what it is told; without it, at once for all that is known. */ readonly latency?: Latency;
  /** Below which speeds it stands, whatever it is told; without it, at none. */ readonly deadband?: Deadband;
  /** What it sees with, where that is simulated; what is missing is as in {@link LIDAR_DEFAULTS}. */
  readonly lidar?: Partial<Lidar>;
};

/** A robot with two driven wheels on one axle: it turns on the spot. */
export type DifferentialRobot = Body & {
  readonly model: "differential";
  readonly limits: DifferentialLimits;
};
/** The reference point (px, py) is the middle of the rear axle. */
export type BicycleRobot = Body & {
  readonly model: "bicycle";
  /** Rear to front axle. [m] */ readonly wheelbase: number;
  readonly limits: BicycleLimits;
};
/** A robot that drives in every direction and turns at the same time. */
export type OmniRobot = Body & { readonly model: "omni"; readonly limits: OmniLimits };

/** A wheeled robot: how it moves, how fast, and the ground it covers. Plain data, as in a robot file. */
export type Robot = DifferentialRobot | BicycleRobot | OmniRobot;

/** Name of a robot model, by which {@link robotKinematics} finds its row. */
export type RobotModel = Robot["model"];

/**
 * One thing that a robot's wheels do: a state after the pose, the control that is its rate, and which of the
 * robot's limits hold both.
 */
export type RobotAxis<R extends Robot = Robot> = {
  readonly motion: AxisMotion;
  /** Symbol of the state. */ readonly state: string;
  /** Symbol of the control. */ readonly control: string;
  /** Lowest value of the state; without one it is minus the highest. */
  readonly lowest?: LimitName<R>;
  readonly highest: LimitName<R>;
  /** Largest magnitude of the control. */ readonly rate: LimitName<R>;
};

type AxisMotion = "forward" | "sideways" | "turning" | "steering";
type LimitName<R extends Robot> = R extends Robot ? keyof R["limits"] & string : never;

/** What each motion is called, and its units. */
export const AXIS_MOTIONS = {
  forward: { state: "speed", unit: "m/s", control: "acceleration", controlUnit: "m/s^2" },
  sideways: { state: "lateral speed", unit: "m/s", control: "lateral acceleration", controlUnit: "m/s^2" },
  turning: { state: "turn rate", unit: "rad/s", control: "turn acceleration", controlUnit: "rad/s^2" },
  steering: { state: "steering angle", unit: "rad", control: "steering rate", controlUnit: "rad/s" },
} as const satisfies Record<AxisMotion, object>;

/** How the robots of one model move: all that anybody may ask about a model, so that nobody asks for its name. */
export type RobotKinematics<R extends Robot = Robot> = {
  /** Number of states: the pose and one for each axis. */ readonly nx: number;
  /** Number of controls: one for each axis. */ readonly nu: number;
  /** (nu) State 3 + i belongs to axis i, whose rate is control i. */ readonly axes: readonly RobotAxis<R>[];
  /** (nx) Symbols of the states. */ readonly stateNames: readonly string[];
  /** (nu) Symbols of the controls. */ readonly controlNames: readonly string[];
  /** Index in x of the speed to the left, for robots that have one. */ readonly sideways?: number;
  /** Index in x of the steering angle, for robots that have one: a brake leaves it as it is. */
  readonly steering?: number;
  /** Whether the robot can turn without driving. */ readonly turnsOnSpot: boolean;
  /** Whether it drives backwards where its file does not say. */ readonly reverse: ReversePolicy;
  /** Lengths that a robot file of this model must give. [m] */ readonly lengths: readonly string[];
  /** Yaw rate in a state. [rad/s] */
  yawRate(robot: R, x: Vec): number;
  /** Value of the last axis (turn rate or steering angle) on an arc of this curvature [1/m] at this speed [m/s]. */
  turnFor(robot: R, curvature: number, speed: number): number;
  /** Radius of the tightest circle; 0 where it turns on the spot. [m] */
  turningRadius(robot: R): number;
};

/** The one row of each robot model; a new model is a row here, its limits above and its dynamics in robot-dynamics.ts. */
const KINEMATICS: { readonly [M in RobotModel]: RobotKinematics<Extract<Robot, { model: M }>> } = {
  differential: row<DifferentialRobot>(
    [
      { motion: "forward", state: "v", control: "a", lowest: "vMin", highest: "vMax", rate: "aMax" },
      { motion: "turning", state: "w", control: "alpha", highest: "wMax", rate: "alphaMax" },
    ],
    {
      lengths: [],
      reverse: "discouraged",
      yawRate: (_, x) => x[4],
      turnFor: (_, curvature, speed) => curvature * speed,
      turningRadius: () => 0,
    },
  ),
  bicycle: row<BicycleRobot>(
    [
      { motion: "forward", state: "v", control: "a", lowest: "vMin", highest: "vMax", rate: "aMax" },
      {
        motion: "steering",
        state: "delta",
        control: "deltaRate",
        highest: "deltaMax",
        rate: "deltaRateMax",
      },
    ],
    {
      lengths: ["wheelbase"],
      reverse: "discouraged",
      yawRate: ({ wheelbase }, x) => (x[3] * Math.tan(x[4])) / wheelbase,
      turnFor: ({ wheelbase }, curvature) => Math.atan(wheelbase * curvature),
      turningRadius: ({ wheelbase, limits }) => wheelbase / Math.tan(limits.deltaMax),
    },
  ),
  omni: row<OmniRobot>(
    [
      { motion: "forward", state: "vx", control: "ax", lowest: "vxMin", highest: "vxMax", rate: "aMax" },
      { motion: "sideways", state: "vy", control: "ay", highest: "vyMax", rate: "aMax" },
      { motion: "turning", state: "w", control: "alpha", highest: "wMax", rate: "alphaMax" },
    ],
    {
      lengths: [],
      reverse: "allowed",
      yawRate: (_, x) => x[5],
      turnFor: (_, curvature, speed) => curvature * speed,
      turningRadius: () => 0,
    },
  ),
};

/** Names of the robot models. */
export const ROBOT_MODELS = Object.keys(KINEMATICS) as readonly RobotModel[];

/** Component of x that is an angle: yaw, for every model. */
export const YAW_INDEX = 2;

/** The row of a robot's model. */
export function robotKinematics({ model }: { readonly model: RobotModel }): RobotKinematics {
  return KINEMATICS[model];
}

/** Whether a robot drives backwards: as its file says, else as its model does. */
export function reversePolicy(robot: Robot): ReversePolicy {
  return robot.reverse ?? robotKinematics(robot).reverse;
}

function row<R extends Robot>(
  axes: readonly RobotAxis<R>[],
  given: Pick<RobotKinematics<R>, "lengths" | "reverse" | "yawRate" | "turnFor" | "turningRadius">,
): RobotKinematics<R> {
  const index = (motion: AxisMotion): number | undefined => {
    const at = axes.findIndex((axis) => axis.motion === motion);
    return at < 0 ? undefined : 3 + at;
  };
  return {
    nx: 3 + axes.length,
    nu: axes.length,
    axes,
    stateNames: ["x", "y", "yaw", ...axes.map(({ state }) => state)],
    controlNames: axes.map(({ control }) => control),
    sideways: index("sideways"),
    steering: index("steering"),
    turnsOnSpot: index("turning") !== undefined,
    ...given,
  };
}
