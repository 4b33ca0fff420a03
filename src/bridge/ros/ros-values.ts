import { FormatError } from "../../base/index.ts";
import type { Pose } from "../../sim/index.ts";

/** A JSON object of a message. */
export type RosObject = Readonly<Record<string, unknown>>;

/** Generation of the robot's ROS: names of types, and the two words of a stamp, differ. */
export const ROS_VERSIONS = ["1", "2"] as const;
export type RosVersion = (typeof ROS_VERSIONS)[number];

/** The object in a field. @throws FormatError naming the field and what is there */
export function objectIn(message: RosObject, field: string): RosObject {
  const value = message[field];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RosObject;
  throw new FormatError(`${field} is ${brief(value)}, expected an object`);
}

/** The finite number in a field. @throws FormatError naming the field and what is there */
export function numberIn(message: RosObject, field: string): number {
  const value = message[field];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new FormatError(`${field} is ${brief(value)}, expected a finite number`);
}

/** Name of the frame that a message's header gives, without ROS 1's leading slash; "" without one. */
export function frameOf(message: RosObject): string {
  const { frame_id } = objectIn(message, "header");
  return typeof frame_id === "string" ? frame_id.replace(/^\//, "") : "";
}

/** Stamp of a message's header, in the words of ROS 1 or 2. [s] */
export function stampOf(message: RosObject): number {
  const stamp = objectIn(objectIn(message, "header"), "stamp");
  const [seconds, nanos] = "secs" in stamp ? ["secs", "nsecs"] : ["sec", "nanosec"];
  return numberIn(stamp, seconds) + 1e-9 * numberIn(stamp, nanos);
}

/** A header of an outgoing message. @param time [s] since 1970 */
export function rosHeader(version: RosVersion, frame: string, time: number): RosObject {
  const seconds = Math.floor(time);
  const nanos = Math.min(999_999_999, Math.round(1e9 * (time - seconds)));
  const stamp = version === "1" ? { secs: seconds, nsecs: nanos } : { sec: seconds, nanosec: nanos };
  return { stamp, frame_id: frame };
}

/** A type's name, given as ROS 1 has it: `nav_msgs/Path`, or `nav_msgs/msg/Path`. */
export function rosType(version: RosVersion, name: string): string {
  return version === "1" ? name : name.replace("/", "/msg/");
}

/** Yaw of a quaternion, whose length does not matter. @throws FormatError where it has none */
export function yawOf(quaternion: RosObject): number {
  const [x, y, z, w] = ["x", "y", "z", "w"].map((field) => numberIn(quaternion, field));
  if (x * x + y * y + z * z + w * w < 1e-12)
    throw new FormatError("an orientation is all zeros, expected a quaternion");
  return Math.atan2(2 * (w * z + x * y), w * w + x * x - y * y - z * z);
}

/** A planar pose from `{position, orientation}`, or from a transform's `{translation, rotation}`. */
export function planarPose(value: RosObject): Pose {
  const transform = "translation" in value;
  const place = objectIn(value, transform ? "translation" : "position");
  const turn = objectIn(value, transform ? "rotation" : "orientation");
  return { x: numberIn(place, "x"), y: numberIn(place, "y"), yaw: yawOf(turn) };
}

/** The same, for an outgoing message. */
export function rosPose({ x, y, yaw }: Pose): RosObject {
  return {
    position: { x, y, z: 0 },
    orientation: { x: 0, y: 0, z: Math.sin(yaw / 2), w: Math.cos(yaw / 2) },
  };
}

/** The pose of a frame in the outer one, given that of the inner one in between: `outer * inner`. */
export function composePoses(outer: Pose, inner: Pose): Pose {
  const [c, s] = [Math.cos(outer.yaw), Math.sin(outer.yaw)];
  return {
    x: outer.x + c * inner.x - s * inner.y,
    y: outer.y + s * inner.x + c * inner.y,
    yaw: outer.yaw + inner.yaw,
  };
}

/** The pose of the outer frame in the inner one. */
export function invertPose({ x, y, yaw }: Pose): Pose {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return { x: -c * x - s * y, y: s * x - c * y, yaw: -yaw };
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 40);
}
