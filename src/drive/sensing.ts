import type { Rng } from "../base/index.ts";
import { createLocalGrid, createRangeSensor, type OccupancyGrid, type Pose } from "../sim/index.ts";

/** What a simulated robot may know of the map: all of it, or what its range sensor has seen. */
export const SENSORS = ["truth", "lidar"] as const;
export type SensorKind = (typeof SENSORS)[number];

/** How the simulated robot sees: the true map around it, or what a range sensor has scanned so far. */
export type Sensing = {
  /** The local grid at a pose; it belongs to the sensing and is overwritten by the next call. */
  look(truth: OccupancyGrid, pose: Pose): OccupancyGrid;
};

/** Cells of the local grid are never coarser than this, however coarse the map. [m] */
const COARSEST = 0.1;

/**
 * @param size side of the local grid [m]
 * @param map the local grid's cells coincide with its cells where resolution and axes allow
 */
export function createSensing(kind: SensorKind, size: number, map: OccupancyGrid, rng: Rng): Sensing {
  const resolution = Math.min(map.resolution, COARSEST);
  const local = createLocalGrid({ size_m: size, resolution, anchor: map.origin });
  const sensor = kind === "lidar" ? createRangeSensor({ rng }) : undefined;
  return {
    look(truth, pose) {
      local.recenter(pose.x, pose.y);
      if (sensor === undefined) local.copyFrom(truth);
      else local.integrate(sensor.scan(truth, pose));
      return local.grid;
    },
  };
}
