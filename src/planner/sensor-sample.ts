import { isFiniteVec } from "../ocp/index.ts";
import type { OccupancyGrid } from "../sim/index.ts";

/** What the sensors say at one moment. */
export type SensorSample = {
  /** [s] */ readonly time: number;
  /** (nx) measured state, pose first, map frame. */
  readonly x: Float64Array;
  /** Occupancy around the robot, axes parallel to the map frame's. */
  readonly grid: OccupancyGrid;
  /** Milliseconds it took to make the grid, for the log. */
  readonly senseMs?: number;
};

/** Why nothing can be planned from a sample, for people; undefined where it is plausible. */
export function sampleFault({ x }: SensorSample, nx: number): string | undefined {
  if (x.length !== nx) return `the sensor's state has ${x.length} numbers, expected ${nx}`;
  return isFiniteVec(x) ? undefined : "the sensor's state holds NaN or infinity";
}
