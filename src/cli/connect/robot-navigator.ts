import { drive, openZones } from "../../drive/index.ts";
import { type OpenedStart, openWarmStart, type StartRequest } from "../../node/index.ts";
import {
  createNavigator,
  createTrajectoryPlanner,
  type NavigationOptions,
  type Navigator,
} from "../../planner/index.ts";
import { createGrid, type Latency, type Robot } from "../../sim/index.ts";
import type { Params } from "../params-file.ts";
import type { openZoneFiles } from "../run-scenario.ts";

/** What the navigator of a robot is made from; plain data, for a thread of its own. */
export type RobotNavigatorSetup = {
  readonly robot: Robot;
  readonly navigation: NavigationOptions;
  readonly start: StartRequest;
  /** Limit on SQP iterations of a tick; the warm start's own where missing. */
  readonly iterations?: number;
  readonly rateHz: number;
  /** An answer that comes later is not waited for. [ms] */
  readonly deadlineMs: number;
  readonly tolerance?: Params["tolerance"];
  readonly latency?: Latency;
  readonly masks: Awaited<ReturnType<typeof openZoneFiles>>;
};

/** Of the deadline, what a solve may take: the rest is for the path, the distance field and the way between the threads. */
const SOLVE_SHARE = 0.8;
/** Of driving in the simulator, before the robot is driven. [s] */
const WARM_UP_SECONDS = 3;

/** Makes the navigator of a robot, its network loaded and its code compiled. @returns it, and a note for people */
export async function openRobotNavigator(
  setup: RobotNavigatorSetup,
): Promise<{ readonly navigator: Navigator; readonly note?: string }> {
  const { robot, navigation, iterations, tolerance, latency } = setup;
  const clock = (): number => performance.now();
  const start = await openWarmStart(setup.start, robot, navigation);
  await warmUp(setup, start, clock);
  const { keepout, speedZones } = openZones({ robot, ...setup.masks });
  const planner = createTrajectoryPlanner({
    robot,
    navigation,
    warmStart: start.warmStart,
    maxIterations: iterations ?? start.warmStart.iterations ?? 10,
    deadline: SOLVE_SHARE * setup.deadlineMs,
    clock,
    speedZones,
  });
  const navigator = createNavigator({ robot, planner, tolerance, clock, keepout, latency });
  return { navigator, note: start.note };
}

/** Drives a little in the simulator, so that the robot's first ticks are not those of a fresh process. */
async function warmUp(
  { robot, navigation, iterations, rateHz }: RobotNavigatorSetup,
  start: OpenedStart,
  clock: () => number,
): Promise<void> {
  const grid = createGrid(160, 160, 0.05, { x: -4, y: -4, yaw: 0 });
  await drive({
    grid,
    robot,
    navigation,
    start: { x: -2, y: 0, yaw: 0 },
    goal: { x: 2, y: 0 },
    init: start.warmStart,
    iterations,
    rateHz,
    sensor: "lidar",
    prior: "none",
    timeout_s: WARM_UP_SECONDS,
    clock,
  });
}
