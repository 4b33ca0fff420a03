import { FormatError } from "../../base/index.ts";
import {
  createGrid,
  type Goal,
  type OccupancyGrid,
  type Pose,
  type Scan,
  type Twist,
} from "../../sim/index.ts";
import { frameOf, numberIn, objectIn, planarPose, type RosObject, stampOf } from "./ros-values.ts";

/** A `sensor_msgs/LaserScan` in the sensor's own frame. */
export type RosScan = Omit<Scan, "pose"> & { readonly stamp: number; readonly frame: string };

/** Reads a `sensor_msgs/LaserScan`. rosbridge writes NaN and infinity as null: no valid return. */
export function decodeScan(message: RosObject): RosScan {
  const given = message.ranges;
  if (!Array.isArray(given) || given.length === 0)
    throw new FormatError("ranges is no list of distances, expected one per beam");
  const first = numberIn(message, "angle_min");
  const step = numberIn(message, "angle_increment");
  const [nearest, range] = [numberIn(message, "range_min"), numberIn(message, "range_max")];
  if (!(range > 0)) throw new FormatError(`range_max is ${range} m, expected a number > 0`);
  const n = given.length;
  const angles = new Float64Array(n);
  const ranges = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = step < 0 ? n - 1 - i : i; // a scan may run clockwise
    const distance: unknown = given[i];
    angles[at] = first + i * step;
    if (typeof distance !== "number" || distance < nearest) ranges[at] = Number.NaN;
    else ranges[at] = distance > range ? Number.POSITIVE_INFINITY : distance;
  }
  return { stamp: stampOf(message), frame: frameOf(message), angles, ranges, range };
}

/** A `nav_msgs/Odometry`: pose of the base in the odometry's frame, velocity along the body's axes. */
export type RosOdometry = {
  readonly stamp: number;
  readonly frame: string;
  readonly base: string;
  readonly pose: Pose;
  readonly twist: Twist;
};

/** Reads a `nav_msgs/Odometry`. */
export function decodeOdometry(message: RosObject): RosOdometry {
  const twist = objectIn(objectIn(message, "twist"), "twist");
  const linear = objectIn(twist, "linear");
  const { child_frame_id } = message;
  return {
    stamp: stampOf(message),
    frame: frameOf(message),
    base: typeof child_frame_id === "string" ? child_frame_id.replace(/^\//, "") : "",
    pose: planarPose(objectIn(objectIn(message, "pose"), "pose")),
    twist: {
      vx: numberIn(linear, "x"),
      vy: numberIn(linear, "y"),
      w: numberIn(objectIn(twist, "angular"), "z"),
    },
  };
}

/** Reads a `nav_msgs/OccupancyGrid`, its cells as numbers or, from some servers, as base64. */
export function decodeMap(message: RosObject): OccupancyGrid {
  const info = objectIn(message, "info");
  const [width, height] = [numberIn(info, "width"), numberIn(info, "height")];
  const grid = createGrid(width, height, numberIn(info, "resolution"), planarPose(objectIn(info, "origin")));
  const { data } = message;
  const cells = typeof data === "string" ? new Int8Array(Buffer.from(data, "base64")) : data;
  if (!(Array.isArray(cells) || cells instanceof Int8Array) || cells.length !== width * height) {
    const length = Array.isArray(cells) || cells instanceof Int8Array ? cells.length : 0;
    throw new FormatError(`data has ${length} cells, expected width*height = ${width * height}`);
  }
  for (let i = 0; i < cells.length; i++) {
    const value: unknown = cells[i];
    if (typeof value !== "number" || !(value >= -1 && value <= 100))
      throw new FormatError(`data[${i}] is ${String(value)}, expected -1 (unknown) or 0 .. 100`);
    grid.cells[i] = value;
  }
  return grid;
}

/** A goal as others send it: `geometry_msgs/PoseStamped`, `PointStamped` or Foxglove's `PoseInFrame`. */
export type RosGoal = { readonly frame: string; readonly goal: Goal };

/** Reads a goal; a point has no heading. */
export function decodeGoal(message: RosObject): RosGoal {
  const { frame_id } = message;
  const frame = "header" in message ? frameOf(message) : typeof frame_id === "string" ? frame_id : "";
  if ("pose" in message) return { frame, goal: planarPose(objectIn(message, "pose")) };
  const point = objectIn(message, "point");
  return { frame, goal: { x: numberIn(point, "x"), y: numberIn(point, "y") } };
}

/** A transform of `tf2_msgs/TFMessage`: the pose of a frame in its parent. */
export type RosTransform = { readonly parent: string; readonly child: string; readonly pose: Pose };

/** Reads a `tf2_msgs/TFMessage`. */
export function decodeTransforms(message: RosObject): RosTransform[] {
  const { transforms } = message;
  if (!Array.isArray(transforms)) throw new FormatError("transforms is no list, expected one");
  return transforms.map((transform: RosObject) => ({
    parent: frameOf(transform),
    child: String(transform.child_frame_id ?? "").replace(/^\//, ""),
    pose: planarPose(objectIn(transform, "transform")),
  }));
}
