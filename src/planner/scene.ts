import type { Track } from "../route/index.ts";
import type { Command, Goal, OccupancyGrid, Phase, PlanSource, Pose } from "../sim/index.ts";
import type { SqpResult } from "../sqp/index.ts";
import type { SeenMover } from "../track/index.ts";
import type { GoalCheck } from "./goal-check.ts";

export type { Phase, PlanSource };

/**
 * What one control tick plans from: plain data, serialisable; the row of a data set and the message of
 * a log.
 */
export type Scene = {
  /** When the command acts: the time of the measurement, or, of a robot with latency, so much later. [s] */
  readonly time: number;
  /** (nx) state of the robot then, measured or predicted, pose first. */
  readonly x: Float64Array;
  /** Local goal on the global path, map frame. */
  readonly goal: Goal;
  /** Whether the local goal is the end of the path: the plan must stop there. */
  readonly final: boolean;
  /** Local occupancy grid, aligned with the map's axes. */
  readonly grid: OccupancyGrid;
  /** (n, 2) the global path from beside the robot to somewhat beyond the local goal, map frame. */
  readonly path: Float64Array;
  /** How a robot that cannot turn on the spot is to drive along it. */
  readonly track?: Track;
  /** Who moves nearby, as they are at `time`; none where that is not known. */
  readonly movers?: readonly SeenMover[];
  /** How far the robot is measured from where its speeds lead, on the whole, from one sample to the next. [m] */
  readonly unsure?: number;
};

/** The scene with a grid of its own, for those who keep it: a sensor overwrites the grid that it hands out. */
export function withOwnGrid(scene: Scene): Scene {
  return { ...scene, grid: { ...scene.grid, cells: scene.grid.cells.slice() } };
}

/** A trajectory to follow from `time` on: (N + 1, nx) states, (N, nu) controls, (N, nu, nx) gains. */
export type Plan = {
  readonly time: number;
  /** Duration of a stage. [s] */
  readonly dt: number;
  readonly X: Float64Array;
  readonly U: Float64Array;
  readonly K: Float64Array;
  /** Its cost and penalties in the scene it was made for, where a solve made it. */
  readonly merit?: number;
};

/** What the solver did in a tick. */
export type SolveReport = Pick<
  SqpResult,
  "status" | "iterations" | "cost" | "merit" | "violation" | "residuals" | "slackInUse" | "history"
> & {
  /** Name of the warm start that was used ("shift", "path", ...). */
  readonly start: string;
  /** Why that is not the warm start that was asked for; for people. */
  readonly startNote?: string;
  /** (N + 1, nx) states of the warm start: those that it proposes, or else where its controls lead to. */
  readonly startX: Float64Array;
  /** Every iterate's states after the warm start, oldest first; only where the planner is asked to keep them. */
  readonly iterates: readonly Float64Array[];
  /** Starts that got a QP and lost; only where the planner is asked to keep iterates. */
  readonly others?: readonly Pick<SolveReport, "start" | "startX" | "iterates">[];
};

/** What came out of planning one scene. */
export type PlanOutcome = {
  readonly source: PlanSource;
  /** Starts at the scene's time and state; none where the robot must stop. */
  readonly plan?: Plan;
  readonly solve?: SolveReport;
  readonly note?: string;
  readonly partsMs: PartTimes;
};

/** Times of the parts of one tick. [ms] */
export type PartTimes = {
  readonly sense: number;
  /** Where the robot will be when its command acts, see `Predictor`. */
  readonly predict: number;
  /** Finding the way: also renewing the path after the command of the tick before, which no deadline counts. */
  readonly path: number;
  readonly field: number;
  readonly init: number;
  readonly sqp: number;
  readonly check: number;
};

/** Everything about one tick that a log or a viewer shows. */
export type TickReport = {
  /** Number of the tick, from 0. */
  readonly tick: number;
  /** Time of the measurement. [s] */
  readonly time: number;
  readonly phase: Phase;
  /**
   * Where the goal was compared: `arrived` only once the robot stands there, `inside` before; of a robot with latency,
   * once it will when the command acts.
   */
  readonly goalCheck?: GoalCheck;
  readonly command: Command;
  readonly source: PlanSource;
  /** Measured pose, map frame. */
  readonly pose: Pose;
  /** (nx) measured state, where the plan begins in one predicted from it. */
  readonly measured?: Float64Array;
  /** Where the robot is to end up; none while idle. */
  readonly goal?: Goal;
  /** How many of the places that the goal leads through were passed, where it has any. */
  readonly passed?: number;
  /** (n, 2) the whole global path; the same array until it is planned again. */
  readonly globalPath?: Float64Array;
  /** What was planned from; none where nothing was planned. */
  readonly scene?: Scene;
  /** The trajectory the command comes from; none when stopped. */
  readonly plan?: Plan;
  readonly solve?: SolveReport;
  /** Why a fallback was taken, or what is wrong; for people. */
  readonly note?: string;
  readonly partsMs: PartTimes;
  readonly totalMs: number;
  readonly missedDeadline: boolean;
};

/** No time spent: every part, in the order of its doing. */
export const NO_TIMES: PartTimes = { sense: 0, predict: 0, path: 0, field: 0, init: 0, sqp: 0, check: 0 };

/** What the sensors say at one moment. */
export type SensorSample = {
  /** Of the measurement. [s] */ readonly time: number;
  /** How old the measurement is by now; default 0. [s] */ readonly age?: number;
  /** (nx) measured state, pose first, map frame. */
  readonly x: Float64Array;
  /** Occupancy around the robot, axes parallel to the map frame's. */
  readonly grid: OccupancyGrid;
  /** Who moves nearby, map frame: tracked, or told by a detector of the robot's own. They are not in the grid. */
  readonly movers?: readonly SeenMover[];
  /** Milliseconds it took to make the grid, for the log. */
  readonly senseMs?: number;
};
