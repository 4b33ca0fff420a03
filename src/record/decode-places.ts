import { FormatError, messageOf } from "../base/index.ts";
import { type OccupancyGrid, validateGrid } from "../sim/index.ts";
import { decodeBase64 } from "./base64.ts";

import { list, number, object } from "./json-codec.ts";

/**
 * The occupancy grid in a `foxglove.Grid` with a one-byte field `occupancy`.
 *
 * @throws FormatError for a message that does not hold one
 */
export function decodeGrid(value: unknown): OccupancyGrid {
  const message = object(value, "the message");
  const width = number(message.column_count, "column_count");
  const rowStride = number(message.row_stride, "row_stride");
  const cellStride = number(message.cell_stride, "cell_stride");
  const bytes = typeof message.data === "string" ? decodeBase64(message.data) : undefined;
  if (bytes === undefined) throw new FormatError("data is not base64 text");
  const field = list(message.fields, "fields").find((f) => object(f, "field").name === "occupancy");
  if (field === undefined) throw new FormatError('the grid has no field "occupancy"');
  const first = number(object(field, "field").offset, "field.offset");
  const height = bytes.length / rowStride;
  const fits = width > 0 && height > 0 && cellStride > first && first >= 0 && rowStride >= width * cellStride;
  if (!(Number.isInteger(height) && Number.isInteger(width * rowStride * cellStride * (first + 1)) && fits)) {
    throw new FormatError(
      `the grid has ${bytes.length} bytes in rows of ${rowStride} with ${width} columns of ${cellStride}, which do not fit together`,
    );
  }
  const cells = new Int8Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) cells[j * width + i] = bytes[j * rowStride + i * cellStride + first];
  }
  const { position, orientation } = object(message.pose, "pose");
  const { x, y } = object(position, "pose.position");
  const { z, w } = object(orientation, "pose.orientation");
  const grid: OccupancyGrid = {
    width,
    height,
    resolution: number(object(message.cell_size, "cell_size").x, "cell_size.x"),
    origin: {
      x: number(x, "pose.position.x"),
      y: number(y, "pose.position.y"),
      yaw: 2 * Math.atan2(number(z, "pose.orientation.z"), number(w, "pose.orientation.w")),
    },
    cells,
  };
  try {
    validateGrid(grid);
  } catch (error) {
    throw new FormatError(messageOf(error), { cause: error });
  }
  return grid;
}

/** (n, 2) points of a `foxglove.PosesInFrame`. */
export function decodePath(value: unknown): Float64Array {
  const poses = list(object(value, "the message").poses, "poses");
  const points = new Float64Array(2 * poses.length);
  poses.forEach((pose, i) => {
    const position = object(object(pose, "pose").position, "pose.position");
    points[2 * i] = number(position.x, "position.x");
    points[2 * i + 1] = number(position.y, "position.y");
  });
  return points;
}
