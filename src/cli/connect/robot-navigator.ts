import { openZones } from "../../drive/index.ts";
import { openWarmStart, type StartRequest } from "../../node/index.ts";
import {
  createNavigator,
  createTrajectoryPlanner,
  type NavigationOptions,
  type Navigator,
  warmUp,
} from "../../planner/index.ts";
import type { Latency, Robot } from "../../sim/index.ts";
import type { Params } from "../params-file.ts";
import type { openZoneFiles } from "../run-scenario.ts";

/** What the navigator of a robot is made from; plain data, for a thread of its own. */
export type RobotNavigatorSetup = {
  readonly robot: Robot;
  readonly navigation: NavigationOptions;
  readonly start: StartRequest;
  /** Limit on SQP iterations of a tick; the warm start's own where missing. */
  readonly iterations?: number;
  /** An answer that comes later is not waited for. [ms] */
  readonly deadlineMs: number;
  readonly tolerance?: Params["tolerance"];
  readonly latency?: Latency;
  readonly masks: Awaited<ReturnType<typeof openZoneFiles>>;
};

/** Of the deadline, what a solve may take: the rest is for the path, the distance field and the way between the threads. */
const SOLVE_SHARE = 0.8;

/** Makes the navigator of a robot, its network loaded and its code compiled. @returns it, and a note for people */
export async function openRobotNavigator(
  setup: RobotNavigatorSetup,
): Promise<{ readonly navigator: Navigator; readonly note?: string }> {
  const { robot, navigation, iterations, tolerance, latency } = setup;
  const clock = (): number => performance.now();
  const start = await openWarmStart(setup.start, robot, navigation);
  const zones = openZones({ robot, ...setup.masks });
  const create = ({ keepout, speedZones }: Partial<typeof zones>): Navigator => {
    const planner = createTrajectoryPlanner({
      robot,
      navigation,
      warmStart: start.warmStart,
      maxIterations: iterations ?? start.warmStart.iterations ?? 10,
      deadline: SOLVE_SHARE * setup.deadlineMs,
      clock,
      speedZones,
    });
    return createNavigator({ robot, planner, tolerance, clock, keepout, latency });
  };
  await warmUp(robot, () => create({})); // in a world of its own, where the zones are not
  return { navigator: create(zones), note: start.note };
}
