export {
  computeDistanceField,
  DISTANCE_FIELD_DEFAULTS,
  type DistanceField,
  type DistanceFieldOptions,
  distanceAt,
  distanceGradientAt,
} from "./distance-field.ts";
export {
  cellCenter,
  cellIndexAt,
  createGrid,
  type GridFrame,
  MAX_CELLS,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  UNKNOWN,
  validateFrame,
  validateGrid,
  worldToCell,
} from "./grid.ts";
