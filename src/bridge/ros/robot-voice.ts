import { plannedTwist, type TickReport } from "../../planner/index.ts";
import { robotSizes, type Twist } from "../../sim/index.ts";

import { encodeMarkers, encodePath, encodeTwist, twistType } from "./encode-messages.ts";
import type { RobotDriveOptions } from "./robot-drive-options.ts";
import type { RosLink } from "./ros-link.ts";
import { rosHeader, rosType } from "./ros-values.ts";

const STANDSTILL: Twist = { vx: 0, vy: 0, w: 0 };

/** What the robot, and whoever looks, is told. */
export type RobotVoice = {
  /** Passes on what a tick decided. */ tell(report: TickReport): void;
  /** Commands a standstill. */ stop(): void;
};

/** Announces the topics that are spoken on. */
export function openVoice(link: RosLink, options: RobotDriveOptions): RobotVoice {
  const { robot, version, topics, stamped, mapFrame, period, wallTime } = options;
  const { nx } = robotSizes(robot);
  const command = link.advertise(topics.command, twistType(version, stamped));
  const path = link.advertise(topics.path, rosType(version, "nav_msgs/Path"));
  const planned = link.advertise(topics.plan, rosType(version, "nav_msgs/Path"));
  const markers = link.advertise(topics.markers, rosType(version, "visualization_msgs/MarkerArray"));
  let lastPath: Float64Array | undefined;
  const drive = (twist: Twist): void => {
    const header = stamped ? rosHeader(version, options.baseFrame ?? "base_link", wallTime()) : undefined;
    command(encodeTwist(twist, header));
  };
  return {
    stop: () => drive(STANDSTILL),
    tell(report) {
      const { plan, globalPath, command: asked, measured } = report;
      const led = asked.kind === "drive" && measured !== undefined ? asked.u : undefined;
      const lifted = report.source !== "brake";
      drive(asked.kind === "stop" ? STANDSTILL : plannedTwist(robot, plan, period, led, lifted));
      const time = wallTime();
      if (globalPath !== undefined && globalPath !== lastPath)
        path(encodePath(version, mapFrame, time, globalPath, 2));
      lastPath = globalPath;
      if (plan !== undefined) planned(encodePath(version, mapFrame, time, plan.X, nx));
      markers(encodeMarkers(version, mapFrame, time, report, nx));
    },
  };
}
