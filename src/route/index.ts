export { type DriveModel, driveModel } from "./drive-model.ts";
export {
  beginDriveRoute,
  continueDriveRoute,
  DRIVE_ROUTE_DEFAULTS,
  type DriveRouteOptions,
  type DriveRouteResult,
  type DriveRouteSearch,
} from "./drive-route.ts";
export { createFieldTiles, type FieldTiles, forgetTiles } from "./field-tiles.ts";
export {
  createGlobalPathWorkspace,
  GLOBAL_PATH_DEFAULTS,
  type GlobalPathOptions,
  type GlobalPathResult,
  type GlobalPathStatus,
  type GlobalPathWorkspace,
  NO_PATH,
  planGlobalPath,
} from "./global-path.ts";
export { createPath, nearestOnPath, type Path, type PathPiece, pathPoseAt } from "./path.ts";
export { pathBlocked } from "./path-clearance.ts";
export {
  createRoute,
  locateOnRoute,
  MAX_OFFSET,
  NO_ROUTE,
  planRoute,
  type Route,
  type RouteOptions,
  type RoutePoint,
  type RouteState,
  routeBlocked,
} from "./route.ts";
export { type SceneExtent, sceneExtent } from "./scene-extent.ts";
