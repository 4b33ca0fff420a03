import { type Robot, reversePolicy, robotBounds, robotKinematics, topSpeed } from "../sim/index.ts";
import { type BodyDiscs, bodyDiscs } from "./body-clearance.ts";
import { type ClearanceCost, tabulateClearanceCost } from "./clearance-cost.ts";
import { GLOBAL_PATH_DEFAULTS } from "./global-path.ts";

/** What a way costs beside its length. */
export type DrivePrices = {
  /** A metre forwards; 1, but in a search that begins at the goal. */ readonly forward: number;
  /** A metre backwards; infinite where the robot never reverses. */ readonly reverse: number;
  /** Stopping to drive the other way. [m] */ readonly cusp: number;
  /** Turning the steering from straight to its end. [m] */ readonly steer: number;
};

/** A car as the search for its way sees it. */
export type DriveModel = {
  /** Of the arcs that a way is made of. [m] */ readonly radius: number;
  readonly body: BodyDiscs;
  readonly prices: DrivePrices;
  /** Cost of a metre by the room around the body. */ readonly cost: ClearanceCost;
  /** Room beyond which more of it changes nothing. [m] */ readonly farEnough: number;
};

/** A way is no tighter than this times the tightest circle, so that whoever follows it can steer back onto it. */
const SPARE_TURN = 1.1;
/** Factor by which a metre backwards costs more than the longer time that it takes. */
export const REVERSE_PRICE = { allowed: 1, discouraged: 2, never: Number.POSITIVE_INFINITY } as const;
/** Of the soft cost of room; half that of a disc's path, whose corners the planner then cuts. */
const CLEARANCE_WEIGHT = 1;
/** A change of direction costs as much as driving this many turning radii; turning the steering, this. */
const CUSP_PRICE = 1;
const STEER_PRICE = 0.05;

/**
 * The model of a robot that cannot turn on the spot; undefined for one that can.
 *
 * @param margin room that a way would like around the body [m]
 * @param marginWeight metres of detour that a metre without that is worth
 */
export function driveModel(
  robot: Robot,
  margin: number = GLOBAL_PATH_DEFAULTS.margin,
  marginWeight: number = GLOBAL_PATH_DEFAULTS.marginWeight,
): DriveModel | undefined {
  const radius = robotKinematics(robot).turningRadius(robot);
  if (radius === 0) return undefined;
  const { clearanceScale } = GLOBAL_PATH_DEFAULTS;
  const clearanceWeight = CLEARANCE_WEIGHT;
  const cost = tabulateClearanceCost({ radius: 0, margin, marginWeight, clearanceWeight, clearanceScale });
  const body = bodyDiscs(robot);
  return {
    radius: SPARE_TURN * radius,
    body,
    cost,
    farEnough: cost.table.length / cost.perMetre,
    prices: {
      forward: 1,
      reverse: reversePrice(robot),
      cusp: CUSP_PRICE * radius,
      steer: STEER_PRICE * radius,
    },
  };
}

/** The model for a way driven the other way round: what is forwards is backwards. */
export function reversedModel(model: DriveModel): DriveModel {
  const { forward, reverse } = model.prices;
  return { ...model, prices: { ...model.prices, forward: reverse, reverse: forward } };
}

/** What a metre backwards costs: the longer time that it takes, times what the robot's policy makes of it. */
function reversePrice(robot: Robot): number {
  const backwards = -robotBounds(robot).xLower[0];
  if (backwards <= 0) return Number.POSITIVE_INFINITY;
  return REVERSE_PRICE[reversePolicy(robot)] * Math.max(1, topSpeed(robot) / backwards);
}
