import { SceneError } from "../base/index.ts";
import {
  block,
  type DisturbedScene,
  type DriveMoment,
  type DriveOptions,
  displace,
  drive,
  restart,
  type SceneDisturbance,
  switchGoal,
} from "../drive/index.ts";
import {
  getWarmStart,
  type Plan,
  type TickReport,
  type WarmStart,
  type WarmStartInput,
} from "../planner/index.ts";
import type { Goal } from "../sim/index.ts";
import type { SceneKind } from "./scene-kind.ts";

/** One trajectory optimization as the control loop meets it: the scene, its kind, and the plan of the tick before. */
export type SceneCase = Pick<DisturbedScene, "scene" | "detour"> & {
  readonly kind: SceneKind;
  /** None on a first tick. */
  readonly lastPlan?: Plan;
};

/** How a scene of each kind is made of a tick of a drive; an ordinary one is that tick. */
export const DISTURBANCES: Readonly<Record<Exclude<SceneKind, "ordinary">, SceneDisturbance>> = {
  first: restart,
  goal: switchGoal,
  displaced: displace,
  obstacle: block,
};

/** A tick of a drive, as its planner met it. */
export type DriveTick = Pick<DriveMoment, "scene" | "goal"> & {
  readonly tick: number;
  /** None on the first tick. */
  readonly lastPlan?: Plan;
};

/** A drive ends after this much simulated time. [s] */
export const LONGEST_DRIVE = 60;
/** Noise of the simulated robot at a strength of 1, so that it differs from its model and no last plan is exact. */
const PLANT = { linear: 0.03, angular: 0.05, position: 0.005, yaw: 0.005, speed: 0.02 } as const;

/**
 * Drives once, by `best`, and hands over every tick in which the robot plans its way.
 *
 * @param options.plant strength of the simulated robot's noise, 1 the usual one
 * @param take is called before time passes; the scene's grid is overwritten by the next tick's
 * @returns whether there was a drive: none where the robot does not fit at the start or the goal
 */
export async function driveScenes(
  {
    plant,
    ...options
  }: Omit<DriveOptions, "init" | "simulator" | "timeout_s" | "onTick" | "goal" | "route"> & {
    readonly goal: Goal;
    readonly plant: number;
  },
  take: (tick: DriveTick) => void,
): Promise<boolean> {
  let asked: WarmStartInput | undefined;
  const best = getWarmStart("best");
  const init: WarmStart = {
    ...best,
    candidates(input) {
      asked = input;
      return best.candidates(input);
    },
  };
  const onTick = ({ tick, scene, phase, goal = options.goal }: TickReport): void => {
    if (asked === undefined || scene !== asked.scene || phase !== "driving") return;
    take({ tick, scene, lastPlan: asked.lastPlan, goal });
  };
  const { linear, angular, position, yaw, speed } = PLANT;
  const simulator = {
    noise: { linear: plant * linear, angular: plant * angular },
    measurement: { position: plant * position, yaw: plant * yaw, speed: plant * speed },
  };
  try {
    await drive({ ...options, init, simulator, timeout_s: LONGEST_DRIVE, onTick });
  } catch (error) {
    if (error instanceof SceneError) return false;
    throw error;
  }
  return true;
}
