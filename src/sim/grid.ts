/** Position and heading in the plane. [m, m, rad] */
export type Pose = { readonly x: number; readonly y: number; readonly yaw: number };

/**
 * Occupancy grid as in ROS `nav_msgs/OccupancyGrid`: cell (column i, row j) is `cells[j * width + i]`,
 * row 0 at the origin's side (bottom of an image). Values: -1 unknown, 0 free .. 100 occupied.
 * `origin` is the pose of the corner of cell (0, 0) in the map frame.
 */
export type OccupancyGrid = {
  /** Number of columns. */ readonly width: number;
  /** Number of rows. */ readonly height: number;
  /** Side of a cell. [m] */ readonly resolution: number;
  readonly origin: Pose;
  /** (height, width) */ readonly cells: Int8Array;
};

/** Cells with at least this value count as obstacles (the map_server default of 0.65). */
export const OCCUPIED = 65;
/** Cell value of space nobody has seen. */
export const UNKNOWN = -1;
