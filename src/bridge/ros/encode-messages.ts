import type { TickReport } from "../../planner/index.ts";
import type { Twist } from "../../sim/index.ts";
import { type RosObject, type RosVersion, rosHeader, rosPose, rosType } from "./ros-values.ts";

/** Type of a velocity command. */
export function twistType(version: RosVersion, stamped: boolean): string {
  return rosType(version, stamped ? "geometry_msgs/TwistStamped" : "geometry_msgs/Twist");
}

/** A `geometry_msgs/Twist`, or with a header a `TwistStamped`. */
export function encodeTwist({ vx, vy, w }: Twist, header?: RosObject): RosObject {
  const twist = { linear: { x: vx, y: vy, z: 0 }, angular: { x: 0, y: 0, z: w } };
  return header === undefined ? twist : { header, twist };
}

/** A `nav_msgs/Path` through states or points (n, stride), each beginning x, y. */
export function encodePath(
  version: RosVersion,
  frame: string,
  time: number,
  points: Float64Array,
  stride: number,
): RosObject {
  const header = rosHeader(version, frame, time);
  const poses: RosObject[] = [];
  for (let i = 0; i + stride <= points.length; i += stride) {
    const yaw = stride > 2 ? points[i + 2] : 0;
    poses.push({ header, pose: rosPose({ x: points[i], y: points[i + 1], yaw }) });
  }
  return { header, poses };
}

const LINE_STRIP = 4;
const ARROW = 0;

/** A `visualization_msgs/MarkerArray`: the plan as a line, the goal as an arrow. @param nx numbers of a state */
export function encodeMarkers(
  version: RosVersion,
  frame: string,
  time: number,
  { plan, goal }: Pick<TickReport, "plan" | "goal">,
  nx: number,
): RosObject {
  const common = { header: rosHeader(version, frame, time), ns: "mnemosyne", action: 0 };
  const still = rosPose({ x: 0, y: 0, yaw: 0 });
  const markers: RosObject[] = [];
  if (plan !== undefined) {
    const points: RosObject[] = [];
    for (let i = 0; i + nx <= plan.X.length; i += nx)
      points.push({ x: plan.X[i], y: plan.X[i + 1], z: 0.05 });
    const color = { r: 0.1, g: 0.6, b: 1, a: 1 };
    markers.push({
      ...common,
      id: 0,
      type: LINE_STRIP,
      pose: still,
      scale: { x: 0.04, y: 0, z: 0 },
      color,
      points,
    });
  }
  if (goal !== undefined) {
    const pose = rosPose({ x: goal.x, y: goal.y, yaw: goal.yaw ?? 0 });
    const color = { r: 0.2, g: 0.8, b: 0.3, a: 1 };
    markers.push({ ...common, id: 1, type: ARROW, pose, scale: { x: 0.4, y: 0.08, z: 0.08 }, color });
  }
  return { markers };
}
