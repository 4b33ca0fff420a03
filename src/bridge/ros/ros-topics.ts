import type { RosVersion } from "./ros-values.ts";

/** Names of the topics that are heard and spoken on. */
export type RosTopics = {
  readonly scan: string;
  readonly odometry: string;
  readonly map: string;
  readonly goal: string;
  readonly command: string;
  readonly path: string;
  readonly plan: string;
  readonly markers: string;
};

/** Topics as most robots name them; ROS 1's goal is `/move_base_simple/goal`. */
export function defaultTopics(version: RosVersion): RosTopics {
  return {
    scan: "/scan",
    odometry: "/odom",
    map: "/map",
    goal: version === "1" ? "/move_base_simple/goal" : "/goal_pose",
    command: "/cmd_vel",
    path: "/mnemosyne/path",
    plan: "/mnemosyne/plan",
    markers: "/mnemosyne/markers",
  };
}
