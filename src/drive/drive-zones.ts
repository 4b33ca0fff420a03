import { createZoneGuard, type SensorSample } from "../planner/index.ts";
import {
  createKeepout,
  createSpeedZones,
  type Keepout,
  linearSpeed,
  type Robot,
  type Simulator,
  type SpeedZones,
} from "../sim/index.ts";
import type { DriveOptions } from "./drive-options.ts";

/** The zones of a run. */
export type DriveZones = { readonly keepout?: Keepout; readonly speedZones?: SpeedZones };

/** Reads the masks of a run. @throws as {@link createKeepout} and {@link createSpeedZones} */
export function openZones({
  robot,
  keepout,
  speedZones,
}: Pick<DriveOptions, "robot" | "keepout" | "speedZones">): DriveZones {
  return {
    ...(keepout && { keepout: createKeepout(keepout, keepout.name) }),
    ...(speedZones && { speedZones: createSpeedZones(speedZones, robot, speedZones.name) }),
  };
}

/** Makes zones that nobody may enter obstacles of what is sensed, for who drives by hand; the same sample where there are none. */
export function zonesInSamples(
  robot: Robot,
  { keepout }: DriveZones,
): (sample: SensorSample) => SensorSample {
  return keepout === undefined ? (sample) => sample : createZoneGuard(robot, keepout).sample;
}

/** How a run kept to its zones, as the simulator saw it at every tick. */
export type ZoneFigures = {
  /** Time in which the true footprint touched a zone that it may not enter; only of a run with such zones. [s] */
  readonly keepout_s?: number;
  /** By how much it was too fast at the worst; only of a run with speed limits. [m/s] */
  readonly overspeed_mps?: number;
};

/** Watches a simulated robot keep to its zones, independently of any planner; undefined where there are none. */
export function createZoneTally(
  robot: Robot,
  { keepout, speedZones }: DriveZones,
): { readonly figures: ZoneFigures; add(simulator: Simulator): void } | undefined {
  if (keepout === undefined && speedZones === undefined) return undefined;
  let inside = 0;
  let overspeed = 0;
  let last: number | undefined;
  return {
    get figures() {
      return {
        ...(keepout && { keepout_s: Number(inside.toFixed(3)) }),
        ...(speedZones && { overspeed_mps: Number(overspeed.toFixed(4)) }),
      };
    },
    add({ pose, state, time }) {
      if (keepout?.touches(robot, pose)) inside += time - (last ?? time);
      last = time;
      const limit = speedZones?.limitAt(pose.x, pose.y) ?? Number.POSITIVE_INFINITY;
      overspeed = Math.max(overspeed, Math.abs(linearSpeed(robot, state)) - limit);
    },
  };
}
