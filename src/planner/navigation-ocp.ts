import { wrapAngle } from "../base/index.ts";
import type { Ocp, Trajectory, Vec } from "../ocp/index.ts";
import {
  type DistanceField,
  type Goal,
  type Robot,
  robotBounds,
  robotDynamics,
  type SpeedZones,
  YAW_INDEX,
} from "../sim/index.ts";
import { distanceRows, type Surroundings } from "./distance-rows.ts";
import { type Aim, goalCost } from "./goal-cost.ts";
import { moverRows, NO_MOVERS, type PredictedMovers } from "./mover-rows.ts";
import { type NavigationOptions, resolveNavigationOptions } from "./navigation-options.ts";
import { zoneRows } from "./zone-rows.ts";

/** A trajectory to stay near, and at which share of its speed the robot can drive it where that is known. */
export type TrackReference = Pick<Trajectory, "X" | "U"> & { readonly speed?: number };

/** The navigation problem of one robot: an {@link Ocp} whose goal and distance field change every tick. */
export type NavigationProblem = {
  /** One of two: where movers are near it has rows that keep clear of them, else it is as if there were no such rows. */
  readonly ocp: Ocp;
  readonly robot: Robot;
  readonly options: NavigationOptions;
  /** Where it drives slower than it can. */
  readonly zones?: SpeedZones;
  /**
   * Sets what the next solve drives to and around. `stop`: the goal is the end of the path; `margins`, in metres: instead
   * of the option, of all stages or (N + 1) of each; `reference`: a trajectory to stay near, instead of the goal; `there` in [0, 1]: how far the
   * robot is at the goal already, so that it comes to it as soon as it can and not by the end of the horizon; `movers`:
   * whom to keep clear of.
   */
  set(
    goal: Goal,
    field: DistanceField,
    stop: boolean,
    margins?: number | Vec,
    reference?: TrackReference,
    there?: number,
    movers?: PredictedMovers,
  ): void;
  /** The trajectory that the next solve stays near, where there is one. */
  readonly reference: TrackReference | undefined;
  /** Whom the next solve keeps clear of. */
  readonly movers: PredictedMovers;
};

/**
 * Builds the navigation problem (docs/solver.md#the-navigation-problem): quadratic distance to the local goal, the yaw
 * error, speeds and controls as shares of their limits; one soft row per footprint disc and stage,
 * `d(p + R(yaw) o_i) - r_i - margin >= 0`, and per mover near; soft boxes on speeds, hard boxes on controls.
 *
 * @param zones whose limits it keeps to, by a row per stage
 */
export function createNavigationProblem(
  robot: Robot,
  options: Partial<NavigationOptions> = {},
  zones?: SpeedZones,
): NavigationProblem {
  const o = resolveNavigationOptions(robot, options);
  const bounds = robotBounds(robot);
  const moment: Aim & Surroundings & { movers: PredictedMovers } = {
    goal: { x: 0, y: 0 },
    stop: false,
    there: 0,
    field: undefined,
    margins: new Float64Array(o.N + 1).fill(o.margin),
    movers: NO_MOVERS,
  };
  let near: NavigationProblem["reference"];
  const standing = [distanceRows(robot, o, moment), ...(zones ? [zoneRows(robot, o, zones)] : [])];
  const alone: Ocp = {
    N: o.N,
    dynamics: robotDynamics(robot, o.dt),
    angles: [YAW_INDEX],
    uLower: bounds.uLower,
    uUpper: bounds.uUpper,
    stateBox: { index: bounds.boxIndex, lower: bounds.xLower, upper: bounds.xUpper, soft: o.speedLimit },
    ...goalCost(robot, o, moment),
    rows: standing,
  };
  const among: Ocp = { ...alone, rows: [...standing, moverRows(robot, o, moment)] };
  return {
    get ocp() {
      return moment.movers.tracks.length === 0 ? alone : among;
    },
    robot,
    options: o,
    zones,
    get reference() {
      return near;
    },
    get movers() {
      return moment.movers;
    },
    set(goal, field, stop, margins = o.margin, reference = undefined, there = 0, movers = NO_MOVERS) {
      near = reference;
      moment.reference = reference?.X;
      moment.goal = goal.yaw === undefined ? goal : { ...goal, yaw: wrapAngle(goal.yaw) };
      moment.field = field;
      moment.stop = stop;
      moment.there = there;
      if (typeof margins === "number") moment.margins.fill(margins);
      else moment.margins.set(margins);
      moment.movers = movers;
    },
  };
}
