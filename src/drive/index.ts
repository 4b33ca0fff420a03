export { type Course, createCourse, type WaypointFigures } from "./course.ts";
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
export { BY_HAND, believedLatency, type DriveResult, drive, driveNavigation } from "./drive.ts";
export type { DriveOptions } from "./drive-options.ts";
export * from "./drive-options.ts";
export { openZones, type ZoneFigures } from "./drive-zones.ts";
export * from "./hand-drive.ts";
export * from "./live-drive.ts";
export * from "./shocks.ts";
export {
  DRIVE_STATUSES,
  type DriveStatus,
  type DriveSummary,
  type Percentiles,
  percentile,
} from "./summary.ts";
