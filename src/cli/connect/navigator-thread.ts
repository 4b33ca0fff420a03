import { createWorkerNavigator, type WorkerNavigator } from "../../planner/index.ts";
import { navigatorReady, startNavigatorThread } from "../../planner/node.ts";
import type { Keepout } from "../../sim/index.ts";
import type { RobotNavigatorSetup } from "./robot-navigator.ts";

const WORKER = new URL("./navigator-worker.js", import.meta.url);

/**
 * A navigator in a thread of its own, ready to drive: a planner that hangs cannot keep the robot moving.
 *
 * @param keepout as the masks of `setup` say, for what is decided on this side
 * @param say hears the note that its warm start comes with
 * @throws ConfigError where the thread cannot make it
 */
export async function openNavigatorThread(
  setup: RobotNavigatorSetup,
  keepout: Keepout | undefined,
  clock: () => number,
  say: (note: string) => void,
): Promise<WorkerNavigator> {
  const first = startNavigatorThread(WORKER, setup);
  const note = await navigatorReady(first);
  if (note !== undefined) say(note);
  const { robot, navigation, latency } = setup;
  let waiting: typeof first | undefined = first;
  const start = () => {
    const thread = waiting ?? startNavigatorThread(WORKER, setup);
    waiting = undefined;
    return thread;
  };
  return createWorkerNavigator({ robot, navigation, latency, keepout, start, clock });
}
