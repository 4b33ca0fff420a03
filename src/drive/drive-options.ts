import { ConfigError, type Rng } from "../base/index.ts";
import type {
  GoalTolerance,
  NavigationOptions,
  SensorSample,
  TickReport,
  WarmStart,
  Waypoint,
} from "../planner/index.ts";
import {
  type Command,
  checkLidar,
  createLocalGrid,
  createRangeSensor,
  type FilterMask,
  type Goal,
  type Latency,
  LIDAR_DEFAULTS,
  type Lidar,
  type Mover,
  mountedPose,
  type OccupancyGrid,
  type Pose,
  type Robot,
  type Simulator,
  type SimulatorOptions,
  type Walker,
} from "../sim/index.ts";
import { createMoverTracker, markStill, onMap } from "../track/index.ts";
import type { ShockOptions } from "./shocks.ts";

/** What a simulated robot may know of the map: all of it, or what its range sensor has seen. */
export const SENSORS = ["truth", "lidar"] as const;
export type SensorKind = (typeof SENSORS)[number];

/**
 * How the simulated robot sees: the true map around it and all who move, or what a range sensor has scanned so far, and
 * who is tracked in its scans.
 */
export type Sensing = {
  /**
   * The local grid at a pose, and who moves, as far as that is known; the grid belongs to the sensing and is overwritten by the
   * next call.
   *
   * @param movers who truly moves; where nobody does, nothing is said of movers
   * @param time of the look [s]
   */
  sense(
    truth: OccupancyGrid,
    pose: Pose,
    movers?: readonly Mover[],
    time?: number,
  ): Pick<SensorSample, "grid" | "movers">;
  /** The local grid alone, where nobody moves. */
  look(truth: OccupancyGrid, pose: Pose): OccupancyGrid;
};

/** Cells of the local grid are never coarser than this, however coarse the map. [m] */
const COARSEST = 0.1;

/**
 * @param lidar how it is mounted and what it sees, where that is not as usual
 * @param size side of the local grid [m]
 * @param map the local grid's cells coincide with its cells where resolution and axes allow
 * @param prior what is known of the map beforehand: nobody is looked for in its obstacles, and who is no part of it is found
 *   sooner
 */
export function createSensing(
  kind: SensorKind,
  size: number,
  map: OccupancyGrid,
  rng: Rng,
  lidar: Partial<Lidar> = {},
  prior?: OccupancyGrid,
): Sensing {
  const { fov, range, beams, noise, ...mount } = { ...LIDAR_DEFAULTS, ...lidar };
  const resolution = Math.min(map.resolution, COARSEST);
  const local = createLocalGrid({ size_m: size, resolution, anchor: map.origin, noise_m: noise });
  const sensor = kind === "lidar" ? createRangeSensor({ rng, fov, range, beams, noise }) : undefined;
  const tracker = createMoverTracker({ noise, ...(prior && { known: onMap(prior) }) });
  const sensing: Sensing = {
    look: (truth, pose) => sensing.sense(truth, pose).grid,
    sense(truth, pose, movers = [], time = 0) {
      local.recenter(pose.x, pose.y);
      if (sensor === undefined) {
        local.copyFrom(truth);
        return { grid: local.grid, ...(movers.length > 0 && { movers }) };
      }
      const scan = sensor.scan(truth, mountedPose(pose, mount), movers);
      if (movers.length === 0) {
        local.integrate(scan);
        return { grid: local.grid };
      }
      const tracked = tracker.update(scan, time);
      markStill(local, tracked);
      return { grid: local.grid, movers: tracked.movers };
    },
  };
  return sensing;
}

export type DriveOptions = {
  readonly grid: OccupancyGrid;
  readonly robot: Robot;
  readonly start: Pose;
  /** Not needed with a route. */
  readonly goal?: Goal;
  /** Waypoints in the place of a goal: the run ends at the last. */
  readonly route?: readonly Waypoint[];
  readonly tolerance?: Partial<GoalTolerance>;
  /** Name of a warm start of the house, or one of the caller's own. */
  readonly init?: string | WarmStart;
  /** QPs per tick: default 1 with `net` and `best`, else up to 10 until converged. */
  readonly iterations?: number;
  /** Control ticks per second. */
  readonly rateHz?: number;
  /**
   * A plan that takes longer is replaced by a fallback. Without it a plan later than one period is
   * counted as missed but still followed, so that a run does not depend on the machine's mood.
   */
  readonly deadlineMs?: number;
  readonly sensor?: SensorKind;
  /** What the lidar sees and where it is mounted; over what the robot says, and that over the usual. */
  readonly lidar?: Partial<Lidar>;
  /** Whether the global planner knows the map beforehand or only what the robot has seen. */
  readonly prior?: "map" | "none";
  /** Simulated seconds. */
  readonly timeout_s?: number;
  readonly seed?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  /** What the navigator believes of delay and lag; by default as the robot says, else as the simulator is told. */
  readonly latency?: Latency;
  /** Zones that no part of the robot may enter: a mask as Nav2's keepout filter has them, and what messages call it. */
  readonly keepout?: NamedMask;
  /** Zones with speed limits: a mask as Nav2's speed filter has them. */
  readonly speedZones?: NamedMask;
  /** Sudden changes on the way, at times drawn with the seed: see `createShocks`. */
  readonly shocks?: Partial<ShockOptions>;
  /** Who walks there; `makeWorld` and `drawWalkers` draw some. */
  readonly movers?: readonly Walker[];
  readonly navigation?: Partial<NavigationOptions>;
  /** Monotonic clock [ms]; without one nothing is timed and no deadline is missed. */
  readonly clock?: () => number;
  /** Keep every SQP iterate for a log. */
  readonly keepIterates?: boolean;
  /**
   * Called after every tick, before time passes; may disturb the run through the simulator. Time waits for
   * a promise. A goal given here keeps a run going that has just arrived, or is stuck; it is the end of a route. `goesOn`:
   * the run goes on by itself where the robot stands at this goal.
   */
  readonly onTick?: (
    report: TickReport,
    simulator: Simulator,
    goTo: (goal: Goal) => void,
    goesOn: boolean,
  ) => unknown;
  /**
   * Asked at every tick for a command in place of the planner's: somebody drives by hand. While there is one the planner is
   * paused, and the run goes on. In the sample zones that nobody may enter are obstacles.
   */
  readonly byHand?: (sample: SensorSample) => Command | undefined;
  /** Ends the run as `failed`. */
  readonly signal?: AbortSignal;
};

/** A mask and what messages call it, such as its file. */
export type NamedMask = FilterMask & { readonly name?: string };

/** @throws ConfigError naming an option of a run that is out of its range */
export function checkDriveOptions(options: DriveOptions): void {
  const { rateHz = 10, iterations = 1, deadlineMs = 1, timeout_s = 0, sensor = "truth" } = options;
  const check = (legal: boolean, name: string, value: unknown, expected: string): void => {
    if (!legal) throw new ConfigError(`${name} is ${value}, expected ${expected}`);
  };
  check(rateHz > 0 && rateHz <= 1000, "rate", `${rateHz} Hz`, "0 < rate <= 1000");
  check(Number.isInteger(iterations) && iterations >= 1, "iterations", iterations, "an integer >= 1");
  check(deadlineMs > 0, "deadlineMs", deadlineMs, "milliseconds > 0");
  check(timeout_s >= 0, "timeout", `${timeout_s} s`, "a number >= 0");
  check(SENSORS.includes(sensor), "sensor", `"${sensor}"`, `one of ${SENSORS.join(", ")}`);
  if ((options.goal === undefined) === (options.route === undefined))
    throw new ConfigError(
      `there is ${options.goal === undefined ? "neither goal nor route" : "a goal and a route"}, expected one of the two`,
    );
  if (options.route !== undefined && options.shocks !== undefined)
    throw new ConfigError(
      "shocks send the robot elsewhere and back to one goal: expected no route beside them",
    );
  if (options.lidar !== undefined) checkLidar("lidar", options.lidar);
  const { position = 0, yaw = 0 } = options.tolerance ?? {};
  check(position >= 0, "tolerance.position", position, "metres >= 0");
  check(yaw >= 0, "tolerance.yaw", yaw, "radians >= 0");
}
