import type { DriveSummary } from "../drive/index.ts";
import type { PartTimes, Phase, PlanSource, SolveReport } from "../planner/index.ts";
import type { Command, Goal, Mover, OccupancyGrid, Pose, Robot } from "../sim/index.ts";
import type { SeenMover } from "../track/index.ts";

/** What a run was made of: written first, so that even a cut log says whose it is. */
export type RunMeta = {
  /** Name of the run: its scenario, its world. */ readonly id?: string;
  readonly robot: Robot;
  /** Whatever else should be known: world, seed, start, goal, warm start, options. Plain JSON. */
  readonly config?: Readonly<Record<string, unknown>>;
};

/** What really happened, as the simulator knows it; a `Simulator` is one. */
export type Truth = {
  /** (nx) the true state. */ readonly state: Float64Array;
  /** The true map; written whenever it is another object than before. */ readonly grid?: OccupancyGrid;
  readonly contact?: boolean;
  readonly contacts?: number;
  /** Distance from the footprint to the nearest occupied cell. [m] */ readonly clearance?: number;
  /** Who moves around it, where they truly are. */ readonly movers?: readonly Mover[];
  /** Distance from the footprint to the nearest of them. [m] */ readonly moverClearance?: number;
};

/** A starting trajectory and the iterates that grew from it. */
export type Hypothesis = {
  /** The warm start ("shift", "path", a sample's number, ...). */ readonly name: string;
  /** Whether the solution comes from this one. */ readonly chosen: boolean;
  /** (N + 1, nx) states it starts with. */ readonly X: Float64Array;
  /** (N + 1, nx) states after each SQP iteration, oldest first. */
  readonly iterates: readonly Float64Array[];
};

/** The trajectory that was followed: (N + 1, nx) states, (N, nu) controls. */
export type PlanRecord = {
  readonly time: number;
  readonly dt: number;
  readonly X: Float64Array;
  readonly U: Float64Array;
};

/** Numbers of a solve. */
export type SolveRecord = Omit<SolveReport, "startX" | "iterates" | "others">;

/** One tick as a log holds it: `TickReport` but for grids, gains and the global path, and the truth. */
export type TickRecord = {
  readonly tick: number;
  /** [s] */ readonly time: number;
  readonly phase: Phase;
  readonly source: PlanSource;
  readonly command: Command;
  /** Measured pose; none where the sensor failed. */ readonly pose?: Pose;
  /** (nx) state that was planned from; only where something was planned. */ readonly x?: Float64Array;
  /** (nx) what was measured, where `x` is predicted from it. */ readonly measured?: Float64Array;
  readonly truth?: Omit<Truth, "grid">;
  readonly goal?: Goal;
  readonly localGoal?: Goal;
  /** Whether the local goal is the end of the path. */ readonly final?: boolean;
  /** Who moves nearby, as the robot knows. */ readonly movers?: readonly SeenMover[];
  /** (n, 2) the path from beside the robot to beyond the local goal; older logs have none. */
  readonly localPath?: Float64Array;
  /** In which direction a robot that cannot turn on the spot is to drive along it: backwards -1. */
  readonly direction?: number;
  readonly plan?: PlanRecord;
  readonly solve?: SolveRecord;
  readonly hypotheses: readonly Hypothesis[];
  readonly note?: string;
  readonly partsMs: PartTimes;
  readonly totalMs: number;
  readonly missedDeadline: boolean;
};

/** A grid and when it was written. */
export type TimedGrid = { readonly time: number; readonly grid: OccupancyGrid };
/** (n, 2) a global path and when it was planned. */
export type TimedPath = { readonly time: number; readonly points: Float64Array };

/** Everything a log holds about a run. */
export type RunRecord = {
  readonly meta: RunMeta;
  /** None where the log was cut short. */ readonly summary?: DriveSummary;
  /** In order; the first is the map of the start. */ readonly maps: readonly TimedGrid[];
  readonly paths: readonly TimedPath[];
  readonly ticks: readonly TickRecord[];
  /** Whether the log was ended properly. */ readonly complete: boolean;
  /** What is missing or damaged, for people. */ readonly problems: readonly string[];
};

/** Name of the metadata record that says what the run was. */
export const RUN_METADATA = "mnemosyne.run";
/** Name of the metadata record that says how the run ended. */
export const SUMMARY_METADATA = "mnemosyne.summary";
/** Name of the attachments that say where the messages lie, and what is small of each tick. */
export const INDEX_ATTACHMENT = "mnemosyne.index";
/** Version of what this room writes; a reader refuses others. */
export const LOG_FORMAT = "1";
