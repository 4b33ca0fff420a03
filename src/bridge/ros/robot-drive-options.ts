import type { Navigator, TickReport } from "../../planner/index.ts";
import type { Goal, OccupancyGrid, Robot } from "../../sim/index.ts";
import type { RosTopics } from "./ros-topics.ts";
import type { RosVersion } from "./ros-values.ts";

/** How a robot behind a link is driven, and who is told of it. */
export type RobotDriveOptions = {
  readonly robot: Robot;
  readonly navigator: Navigator;
  readonly version: RosVersion;
  readonly topics: RosTopics;
  /** Commands as `TwistStamped`. */ readonly stamped: boolean;
  readonly mapFrame: string;
  readonly baseFrame?: string;
  /** Side of the grid around the robot. [m] */ readonly gridSide: number;
  /** Duration of a tick. [s] */ readonly period: number;
  /** Time for one plan. [ms] */ readonly deadlineMs: number;
  /** Without fresh odometry and scans for so long, the robot is stopped. [s] */ readonly patience: number;
  /** A map from a file: none is asked of the robot. */ readonly map?: OccupancyGrid;
  readonly goal?: Goal;
  /** Monotonic clock. [ms] */ readonly now: () => number;
  /** Seconds since 1970, for the stamps of what is sent. */ readonly wallTime: () => number;
  readonly onReport: (report: TickReport) => void;
  readonly onMap?: (map: OccupancyGrid) => void;
  /** Somebody on the other side sends the robot elsewhere; told before it is. */
  readonly onGoal?: () => void;
  /** What people should know: links lost, messages that cannot be read, why nothing moves. */
  readonly say: (note: string) => void;
};
