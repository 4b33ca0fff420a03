export {
  computeDistanceField,
  DISTANCE_FIELD_DEFAULTS,
  type DistanceField,
  type DistanceFieldOptions,
  distanceAt,
  distanceGradientAt,
} from "./distance-field.ts";
export type { DriveTrainOptions } from "./drive-train.ts";
export { INTERPOLANTS, type Interpolant, type Interpolation } from "./field-interpolation.ts";
export { footprintClearance, footprintContact, footprintReach } from "./footprint.ts";
export { type Disc, discRadius, footprintDiscs, MAX_DISCS } from "./footprint-discs.ts";
export type { Goal } from "./goal.ts";
export {
  cellCenter,
  cellIndexAt,
  createGrid,
  type GridFrame,
  MAX_CELLS,
  MAX_ORIGIN,
  MAX_RESOLUTION,
  MIN_RESOLUTION,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  UNKNOWN,
  validateFrame,
  validateGrid,
  worldToCell,
} from "./grid.ts";
export { decodeMapImage } from "./image/decode-image.ts";
export type { GrayImage } from "./image/gray-image.ts";
export { createLocalGrid, LOCAL_GRID_DEFAULTS, type LocalGrid, type LocalGridOptions } from "./local-grid.ts";
export {
  gridFromImage,
  loadMap,
  MAP_IMAGE_FORMATS,
  type MapFiles,
  type MapImageFormat,
  type WriteMapOptions,
  writeMap,
} from "./map-io.ts";
export {
  formatMapYaml,
  MAP_MODES,
  MAX_YAML_LENGTH,
  type MapMode,
  type MapYaml,
  parseMapYaml,
} from "./map-yaml.ts";
export { occupyDisc } from "./occupy-disc.ts";
export {
  createRangeSensor,
  RANGE_SENSOR_DEFAULTS,
  type RangeSensor,
  type RangeSensorOptions,
  type Scan,
} from "./range-sensor.ts";
export { castRay } from "./ray-cast.ts";
export {
  AXIS_MOTIONS,
  type BicycleLimits,
  type BicycleRobot,
  type DifferentialLimits,
  type DifferentialRobot,
  type Footprint,
  type OmniLimits,
  type OmniRobot,
  REVERSE_POLICIES,
  type ReversePolicy,
  ROBOT_MODELS,
  type Robot,
  type RobotAxis,
  type RobotKinematics,
  type RobotModel,
  reversePolicy,
  robotKinematics,
  YAW_INDEX,
} from "./robot.ts";
export { robotDynamics } from "./robot-dynamics.ts";
export { parseRobot } from "./robot-file.ts";
export {
  bodyTwist,
  brakeControl,
  checkPose,
  fastestState,
  initialState,
  isStopped,
  linearSpeed,
  poseOf,
  type RobotBounds,
  robotBounds,
  robotDerivative,
  robotSizes,
  type Twist,
  topSpeed,
  yawRate,
} from "./robot-state.ts";
export { getRobot, ROBOT_NAMES, ROBOTS } from "./robots.ts";
export { type Command, createSimulator, type Simulator } from "./simulator.ts";
export { SIMULATOR_DEFAULTS, type SimulatorOptions } from "./simulator-options.ts";
export { PHASES, type Phase, PLAN_SOURCES, type PlanSource } from "./tick-words.ts";
export {
  MAX_WORLD_SEED,
  parseWorldName,
  parseWorldRange,
  WORLD_FAMILIES,
  type WorldFamily,
  type WorldId,
} from "./world-name.ts";
export { makeWorld, WORLD_DEFAULTS, type World, type WorldOptions } from "./worlds.ts";
