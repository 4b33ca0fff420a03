export {
  block,
  type DisturbedScene,
  type DriveMoment,
  type DriveSurroundings,
  displace,
  restart,
  type SceneDisturbance,
  switchGoal,
} from "./disturb-scene.ts";
export { type DriveResult, drive, driveNavigation } from "./drive.ts";
export type { DriveOptions } from "./drive-options.ts";
export {
  createLiveDrive,
  type LiveCommand,
  type LiveDrive,
  type LiveDriveOptions,
  type LivePhase,
} from "./live-drive.ts";
export { createSensing, SENSORS, type Sensing, type SensorKind } from "./sensing.ts";
export {
  createShocks,
  DEFAULT_SHOCK_OPTIONS,
  resolveShockOptions,
  SHOCK_KINDS,
  type ShockKind,
  type ShockOptions,
  type Shocks,
} from "./shocks.ts";
export {
  DRIVE_STATUSES,
  type DriveStatus,
  type DriveSummary,
  type Percentiles,
  percentile,
} from "./summary.ts";
