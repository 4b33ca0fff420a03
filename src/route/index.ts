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
export { createPath, nearestOnPath, type Path, pathPoseAt } from "./path.ts";
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
