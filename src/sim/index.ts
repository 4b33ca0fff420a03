export * from "./deadband.ts";
export {
  computeDistanceField,
  DISTANCE_FIELD_DEFAULTS,
  type DistanceField,
  type DistanceFieldOptions,
  distanceAt,
  distanceAtCell,
  distanceGradientAt,
  distancesAt,
} from "./distance-field.ts";
export { createDriveTrain, type DriveTrain, type DriveTrainOptions } from "./drive-train.ts";
export * from "./field-interpolation.ts";
export * from "./footprint.ts";
export * from "./footprint-disc-gap.ts";
export * from "./footprint-discs.ts";
export * from "./grid.ts";
export * from "./identify-latency.ts";
export * from "./image/decode-image.ts";
export type { GrayImage } from "./image/gray-image.ts";
export * from "./latency.ts";
export * from "./lidar.ts";
export { createLocalGrid, LOCAL_GRID_DEFAULTS, type LocalGrid, type LocalGridOptions } from "./local-grid.ts";
export * from "./map-io.ts";
export * from "./map-yaml.ts";
export { clearOf, drawWalkers, wanderers } from "./movers/draw-walkers.ts";
export * from "./movers/mover.ts";
export * from "./movers/mover-options.ts";
export type { MoverTally } from "./movers/moving-world.ts";
export * from "./movers/walker.ts";
export * from "./random-robot.ts";
export {
  castRay,
  createRangeSensor,
  RANGE_SENSOR_DEFAULTS,
  type RangeSensor,
  type RangeSensorOptions,
  type Scan,
} from "./range-sensor.ts";
export * from "./robot.ts";
export * from "./robot-dynamics.ts";
export * from "./robot-file.ts";
export * from "./robot-state.ts";
export * from "./robots.ts";
export * from "./scale-world.ts";
export * from "./simulator.ts";
export { SIMULATOR_DEFAULTS, type SimulatorOptions } from "./simulator-options.ts";
export * from "./tick-words.ts";
export {
  ALL_FAMILIES,
  MAX_WORLD_SEED,
  MOVER_FAMILIES,
  parseWorldName,
  parseWorldRange,
  WORLD_FAMILIES,
  type WorldFamily,
  type WorldId,
} from "./world-name.ts";
export * from "./worlds.ts";
export * from "./zones/filter-mask.ts";
export * from "./zones/keepout.ts";
export * from "./zones/speed-zones.ts";
export * from "./zones/zone-grids.ts";
