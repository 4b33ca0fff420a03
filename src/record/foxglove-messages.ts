import type { FrameTransform, Grid, Log, PoseInFrame, PosesInFrame, Time } from "@foxglove/schemas";
import type { OccupancyGrid, Pose } from "../sim/index.ts";
import { encodeBase64 } from "./base64.ts";

/** Frame of the map, fixed. */
export const MAP_FRAME = "map";
/** Frame of the robot: x forward, y left, the model's reference point on the ground. */
export const ROBOT_FRAME = "base_link";

type FoxglovePose = PoseInFrame["pose"];
/** As in JSON: bytes are base64 text. */
type JsonGrid = Omit<Grid, "data"> & { data: string };

/** A grid with more cells is written without colours: five bytes per cell would be too many. */
const MAX_COLOURED_CELLS = 2 ** 22;
const UINT8 = 1;
const INT8 = 2;
/** Severities of foxglove.Log. */
const LOG_LEVELS = { info: 2, warning: 3, error: 4 } as const;
/** How grave a line of text is. */
export type LogLevelName = keyof typeof LOG_LEVELS;

/** Seconds as whole nanoseconds; never negative. */
export function nanosOf(time: number): bigint {
  return BigInt(Math.max(0, Math.round(time * 1e9)));
}

/** Nanoseconds as Foxglove's pair. */
export function stampOf(nanos: bigint): Time {
  return { sec: Number(nanos / 1_000_000_000n), nsec: Number(nanos % 1_000_000_000n) };
}

/** Rounds to 0.1 mm or 0.1 mrad, which keeps the text short; -0 becomes 0. */
export function short(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0;
}

/** Rounds to 1 mm: enough for what is only drawn. */
export function millimetres(value: number): number {
  return Math.round(value * 1e3) / 1e3 + 0;
}

/** A pose in the plane, at height z, to be drawn. [m, m, rad, m] */
export function planarPose(x: number, y: number, yaw = 0, z = 0): FoxglovePose {
  return {
    position: { x: millimetres(x), y: millimetres(y), z },
    orientation: { x: 0, y: 0, z: short(Math.sin(yaw / 2)), w: short(Math.cos(yaw / 2)) },
  };
}

/** A pose in the map frame. */
export function poseMessage(stamp: Time, x: number, y: number, yaw = 0): PoseInFrame {
  return { timestamp: stamp, frame_id: MAP_FRAME, pose: planarPose(x, y, yaw) };
}

/** Poses in the map frame. */
export function posesMessage(stamp: Time, poses: FoxglovePose[]): PosesInFrame {
  return { timestamp: stamp, frame_id: MAP_FRAME, poses };
}

/** Poses of states (n, nx), each beginning x, y, yaw. */
export function statePoses(X: Float64Array, nx: number): FoxglovePose[] {
  const poses: FoxglovePose[] = [];
  for (let i = 0; i + nx <= X.length; i += nx) poses.push(planarPose(X[i], X[i + 1], X[i + 2]));
  return poses;
}

/** Poses along points (n, 2), each looking at the next. */
export function pathPoses(points: Float64Array): FoxglovePose[] {
  const n = points.length / 2;
  const poses: FoxglovePose[] = [];
  let yaw = 0;
  for (let i = 0; i < n; i++) {
    const [x, y] = [points[2 * i], points[2 * i + 1]];
    if (i + 1 < n) yaw = Math.atan2(points[2 * i + 3] - y, points[2 * i + 2] - x);
    poses.push(planarPose(x, y, yaw));
  }
  return poses;
}

/** Where the robot is: map -> base_link. */
export function transformMessage(stamp: Time, x: number, y: number, yaw: number): FrameTransform {
  const { position, orientation } = exactPose({ x, y, yaw }, 0);
  return {
    timestamp: stamp,
    parent_frame_id: MAP_FRAME,
    child_frame_id: ROBOT_FRAME,
    translation: position,
    rotation: orientation,
  };
}

/**
 * An occupancy grid. Field `occupancy` holds the cells as they are (int8: -1 unknown, 0 free .. 100
 * occupied); with colours, four more fields show white, grey and black without any setting.
 *
 * @param z height it is drawn at [m]
 */
export function gridMessage(stamp: Time, grid: OccupancyGrid, z: number, colours: boolean): JsonGrid {
  const { width, height, resolution, origin, cells } = grid;
  const coloured = colours && cells.length <= MAX_COLOURED_CELLS;
  const stride = coloured ? 5 : 1;
  return {
    timestamp: stamp,
    frame_id: MAP_FRAME,
    pose: exactPose(origin, z),
    column_count: width,
    cell_size: { x: resolution, y: resolution },
    row_stride: stride * width,
    cell_stride: stride,
    fields: [
      { name: "occupancy", offset: 0, type: INT8 },
      ...(coloured ? ["red", "green", "blue", "alpha"] : []).map((name, i) => ({
        name,
        offset: i + 1,
        type: UINT8,
      })),
    ],
    data: encodeBase64(
      coloured
        ? colourCells(cells, height * width)
        : new Uint8Array(cells.buffer, cells.byteOffset, cells.length),
    ),
  };
}

/** Unrounded, so that a map read back is the map that was written. */
function exactPose(pose: Pose, z: number): FoxglovePose {
  return {
    position: { x: pose.x, y: pose.y, z },
    orientation: { x: 0, y: 0, z: Math.sin(pose.yaw / 2), w: Math.cos(pose.yaw / 2) },
  };
}

function colourCells(cells: Int8Array, count: number): Uint8Array {
  const out = new Uint8Array(5 * count);
  for (let c = 0; c < count; c++) {
    const value = cells[c];
    const o = 5 * c;
    out[o] = value;
    const level = value < 0 ? 176 : Math.round(245 - 2.1 * value);
    out[o + 1] = level;
    out[o + 2] = level;
    out[o + 3] = level;
    out[o + 4] = 255;
  }
  return out;
}

/** A line of text for people. */
export function logMessage(stamp: Time, level: LogLevelName, message: string): Log {
  return { timestamp: stamp, level: LOG_LEVELS[level], message, name: "mnemosyne", file: "", line: 0 };
}
