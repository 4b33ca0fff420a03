export { type DriveModel, driveModel } from "./drive-model.ts";
export * from "./drive-route.ts";
export {
  type CellField,
  createFieldTiles,
  type FieldTiles,
  forgetTiles,
  tiledDistanceAt,
} from "./field-tiles.ts";
export * from "./global-path.ts";
export { createPath, nearestOnPath, type Path, type PathPiece, pathBlocked, pathPoseAt } from "./path.ts";
export * from "./route.ts";
export * from "./route-search.ts";
export * from "./scene-extent.ts";
export { type TurnModel, turnFirst, turnModel, turnTime } from "./turn-first.ts";
