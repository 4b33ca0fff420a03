import {
  createLiveDrive,
  type DriveSummary,
  drive,
  type LiveDrive,
  type LivePhase,
} from "mnemosyne-mpc/drive";
import type { NetInference } from "mnemosyne-mpc/init-net";
import { createBestStart, createNetStart, getWarmStart, type WarmStart } from "mnemosyne-mpc/planner";
import { createMessageWriter, type LogMessage, type RunMeta } from "mnemosyne-mpc/record";
import { getRobot, worldFor } from "mnemosyne-mpc/sim";
import { type DemoSetup, nameOf } from "./demo-setup.ts";

/** Control ticks per second. */
export const DEMO_RATE = 10;
/** Simulated seconds after which even the most patient visitor is gone. */
const TIMEOUT = 100_000;
const LOCAL_GRID_EVERY = 5;

/** What becomes of a drive. */
type DemoHooks = {
  message(message: LogMessage): void;
  state(state: LivePhase): void;
  /** Simulated seconds per second, asked at every tick. */ speed(): number;
  /** Ends the drive. */ readonly signal: AbortSignal;
};

/** A drive through a generated world, ready to begin. */
export type Demo = {
  readonly meta: RunMeta;
  /** Takes goals and obstacles, see `LiveDrive.take`. */ readonly take: LiveDrive["take"];
  /** Drives until the robot hits something or the drive is ended; at a goal it waits for a new one. */
  go(): Promise<DriveSummary>;
};

/**
 * Makes a drive of the public library, with no server.
 *
 * @param net the network behind `net` and `best`; without one they are `shift` and its neighbours
 * @throws ConfigError for an unknown robot or world
 */
export function createDemo(setup: DemoSetup, net: NetInference | undefined, hooks: DemoHooks): Demo {
  const { signal } = hooks;
  const robot = getRobot(setup.robot);
  const { grid, start, goal, movers } = worldFor(robot, setup);
  const aim = { x: goal.x, y: goal.y };
  const meta = { id: nameOf(setup), robot, config: { ...setup, start, goal: aim, rateHz: DEMO_RATE } };
  const writer = createMessageWriter(hooks.message, meta, {
    localGridEvery: LOCAL_GRID_EVERY,
    trailEvery: 0,
  });
  const live = createLiveDrive({
    robot,
    period: 1 / DEMO_RATE,
    speed: hooks.speed,
    now: () => performance.now(),
    sleep: (ms) => sleep(ms, signal),
    signal,
    watched: () => !signal.aborted,
    state: hooks.state,
    mapChanged: (changed, time) => writer.map(changed, time),
  });
  return {
    meta,
    take: (command) => live.take(command),
    async go() {
      writer.map(grid);
      hooks.state({ state: "driving" });
      const { summary } = await drive({
        grid,
        robot,
        start,
        goal: aim,
        movers,
        init: startOf(setup.init, net),
        rateHz: DEMO_RATE,
        sensor: setup.sensor,
        timeout_s: TIMEOUT,
        seed: setup.seed,
        clock: () => performance.now(),
        keepIterates: true,
        byHand: live.byHand,
        signal,
        onTick(report, simulator, goTo) {
          writer.tick(report, simulator);
          return live.onTick(report, simulator, goTo);
        },
      });
      return summary;
    },
  };
}

/** The warm start of that name; `shift` in place of `net` where there is no network. */
function startOf(init: DemoSetup["init"], net: NetInference | undefined): WarmStart {
  if (init === "best") return createBestStart(net);
  if (init !== "net") return getWarmStart(init);
  return net === undefined ? getWarmStart("shift") : createNetStart(net);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
