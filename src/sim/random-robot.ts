import { createRng, type Rng } from "../base/index.ts";
import type { BicycleRobot, DifferentialRobot, Footprint, OmniRobot, Robot, RobotModel } from "./robot.ts";
import { ROBOT_MODELS, robotKinematics } from "./robot.ts";

/** What robots that are drawn lie between; lengths, speeds and times are drawn evenly in their logarithm. */
export const RANDOM_ROBOT_RANGES = {
  /** Length of the body. [m] */
  length: [0.15, 2.4],
  /** Length over width. */
  slenderness: [0.8, 2.6],
  /** Time to drive its own length at the top speed. [s] */
  ownLength: [0.2, 1.6],
  /** Top speed, cut to it. [m/s] */
  speed: [0.15, 3],
  /** Time from the top speed to rest. [s] */
  stopping: [0.15, 2.5],
  /** Turn rate. [rad/s] */
  turn: [0.35, 3.5],
  /** Time from the fastest turn to none, and of the steering from the middle to its end. [s] */
  turnStopping: [0.15, 1.2],
  /** Largest steering angle. [rad] */
  steering: [0.35, 0.8],
  /** Share of the top speed backwards. */
  backwards: [0.2, 1],
  /** Wheelbase as a share of the length. */
  wheelbase: [0.5, 0.75],
  /** How far its lidar sees. [m] */
  range: [5, 20],
  /** What its lidar sees. [rad] */
  fov: [Math.PI, 2 * Math.PI],
} as const satisfies Record<string, readonly [number, number]>;

/** Shares of the shapes: the rest are polygons of random corners. */
const SHAPES = { rectangle: 0.45, round: 0.25 };
/** Share of robots that are known not to drive backwards. */
const NEVER_BACK = 0.1;

/**
 * Draws a robot: any model, a rectangle, a disc or a random convex polygon for a body, speeds and accelerations from those
 * of a toy to those of a machine. Same seed, same robot.
 *
 * @returns plain data, legal as a robot file; its name is `random-SEED`
 */
export function drawRobot(seed: number): Robot {
  const rng = createRng(seed);
  const model = ROBOT_MODELS[rng.int(ROBOT_MODELS.length)];
  const length = draw(rng, "length");
  const width = length / draw(rng, "slenderness");
  const { speed: range } = RANDOM_ROBOT_RANGES;
  const speed = round(Math.min(range[1], Math.max(range[0], length / draw(rng, "ownLength"))));
  const back = rng.uniform() < NEVER_BACK ? 0 : round(-speed * draw(rng, "backwards"));
  const body = {
    name: `random-${seed >>> 0}`,
    source: `drawn with seed ${seed >>> 0}`,
    footprint: drawFootprint(rng, model, length, width),
    lidar: { fov: round(draw(rng, "fov")), range: round(draw(rng, "range")) },
    ...(back === 0 && { reverse: "never" as const }),
  };
  return ROBOT_BUILDERS[model](rng, body, { length, speed, back });
}

type Body = Pick<Robot, "name" | "source" | "footprint" | "lidar" | "reverse">;
type Drawn = { readonly length: number; readonly speed: number; readonly back: number };

/** The limits of each model. */
const ROBOT_BUILDERS: Record<RobotModel, (rng: Rng, body: Body, drawn: Drawn) => Robot> = {
  differential(rng, body, { speed, back }): DifferentialRobot {
    const { wMax, alphaMax } = drawTurn(rng);
    const aMax = round(speed / draw(rng, "stopping"));
    return { ...body, model: "differential", limits: { vMin: back, vMax: speed, wMax, aMax, alphaMax } };
  },
  bicycle(rng, body, { length, speed, back }): BicycleRobot {
    const wheelbase = round(length * draw(rng, "wheelbase"));
    const aMax = round(speed / draw(rng, "stopping"));
    const deltaMax = round(draw(rng, "steering"));
    const deltaRateMax = round(deltaMax / draw(rng, "turnStopping"));
    const limits = { vMin: back, vMax: speed, deltaMax, aMax, deltaRateMax };
    return { ...body, model: "bicycle", wheelbase, limits };
  },
  omni(rng, body, { speed, back }): OmniRobot {
    const { wMax, alphaMax } = drawTurn(rng);
    const aMax = round(speed / draw(rng, "stopping"));
    const vyMax = round(speed * (0.5 + 0.5 * rng.uniform()));
    return { ...body, model: "omni", limits: { vxMin: back, vxMax: speed, vyMax, wMax, aMax, alphaMax } };
  },
};

function drawTurn(rng: Rng): { readonly wMax: number; readonly alphaMax: number } {
  const wMax = round(draw(rng, "turn"));
  return { wMax, alphaMax: round(wMax / draw(rng, "turnStopping")) };
}

/** A body around its middle, or of a car with its rear axle at the origin and an overhang behind. */
function drawFootprint(rng: Rng, model: RobotModel, length: number, width: number): Footprint {
  const shape = rng.uniform();
  const behind = robotKinematics({ model }).turnsOnSpot ? 0.5 + 0.1 * rng.gauss() : 0.2;
  const back = Math.max(0.1, Math.min(0.7, behind)) * length;
  const corners: readonly (readonly [number, number])[] =
    shape < SHAPES.rectangle
      ? RECTANGLE
      : shape < SHAPES.rectangle + SHAPES.round
        ? circle(Array.from({ length: 12 }, (_, i) => (i + 0.5) / 12))
        : circle(drawAngles(rng));
  const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  const [left, bottom] = [Math.min(...x), Math.min(...y)];
  const [wide, high] = [Math.max(...x) - left, Math.max(...y) - bottom];
  return corners.map(([cx, cy]) => [
    round(((cx - left) / wide) * length - back),
    round(((cy - bottom) / high - 0.5) * width),
  ]);
}

const RECTANGLE: Footprint = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** Corners on a circle, counter-clockwise, at shares of a turn: always convex. */
function circle(turns: readonly number[]): Footprint {
  return turns.map((t) => [Math.cos(2 * Math.PI * t), Math.sin(2 * Math.PI * t)] as const);
}

/** Five to eight shares of a turn, in order, none within a twentieth of another. */
function drawAngles(rng: Rng): number[] {
  const n = 5 + rng.int(4);
  return Array.from({ length: n }, (_, i) => (i + 0.6 * rng.uniform()) / n);
}

function draw(rng: Rng, name: keyof typeof RANDOM_ROBOT_RANGES): number {
  const [low, high] = RANDOM_ROBOT_RANGES[name];
  return low * (high / low) ** rng.uniform();
}

/** To a millimetre and the like, as a person writes it. */
function round(value: number): number {
  return Math.round(value * 1e3) / 1e3 + 0; // no -0, which JSON has none of
}
