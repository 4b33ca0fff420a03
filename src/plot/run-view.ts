import type { DriveSummary } from "../drive/index.ts";
import type { Goal, Mover, OccupancyGrid, Pose, Robot } from "../sim/index.ts";

/** Where the robot was at one moment and what it was about to do. */
export type RunSample = {
  /** [s] */ readonly time: number;
  /** (nx) true state. */ readonly x: Float64Array;
  /** (n, 2) the plan it followed. [m] */ readonly plan?: Float64Array;
  readonly contact?: boolean;
  /** Who moved around it. */ readonly movers?: readonly Mover[];
};

/** What a picture of a run shows. */
export type RunView = {
  readonly grid: OccupancyGrid;
  readonly robot: Robot;
  readonly start: Pose;
  readonly goal?: Goal;
  /** (n, 2) global paths, first to last. [m] */ readonly paths: readonly Float64Array[];
  /** In order of time. */ readonly samples: readonly RunSample[];
  readonly summary?: DriveSummary;
  readonly title?: string;
};
