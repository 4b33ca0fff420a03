import type { NetInference } from "mnemosyne-mpc/init-net";
import {
  createBestStart,
  createLiveDrive,
  createNetStart,
  drive,
  getWarmStart,
  type SensorKind,
  type WarmStart,
} from "mnemosyne-mpc/planner";
import { createMessageWriter } from "mnemosyne-mpc/record";
import { getRobot, makeWorld, type WorldFamily } from "mnemosyne-mpc/sim";
import { type CommandableRun, commandable } from "../run/live-run.ts";
import { createMessageRun } from "../run/message-run.ts";

/** The ways to start the optimization that the page offers. */
export const DEMO_STARTS = ["shift", "path", "zero", "net", "best"] as const;

/** What the user chose; plain data. */
export type DemoSetup = {
  readonly family: WorldFamily;
  readonly seed: number;
  readonly robot: string;
  readonly init: (typeof DEMO_STARTS)[number];
  readonly sensor: SensorKind;
};

/** Control ticks per second. */
export const DEMO_RATE = 10;
/** Simulated seconds after which even the most patient visitor is gone. */
const TIMEOUT = 100_000;
const LOCAL_GRID_EVERY = 5;

/**
 * Drives a robot through a generated world in this tab: the public library, no server. The run waits for a
 * new goal when it has arrived, and ends when it is closed or the robot hits something.
 *
 * @param net the network behind `net` and `best`; without one they are `shift` and its neighbours
 * @param speed simulated seconds per second, asked at every tick
 * @throws ConfigError for an unknown robot or world
 */
export function startDemo(
  setup: DemoSetup,
  net: NetInference | undefined,
  speed: () => number,
): CommandableRun {
  const robot = getRobot(setup.robot);
  const { grid, start, goal } = makeWorld(setup.family, setup.seed);
  const aim = { x: goal.x, y: goal.y };
  const name = `${setup.family}:${setup.seed}, ${setup.robot}, ${setup.init}`;
  const meta = { id: name, robot, config: { ...setup, start, goal: aim, rateHz: DEMO_RATE } };
  const over = new AbortController();
  const messages = createMessageRun(name, meta, () => over.abort());
  const writer = createMessageWriter((message) => messages.add(message), meta, {
    localGridEvery: LOCAL_GRID_EVERY,
    trailEvery: 0,
  });
  const live = createLiveDrive({
    period: 1 / DEMO_RATE,
    speed,
    now: () => performance.now(),
    sleep: (ms) => sleep(ms, over.signal),
    signal: over.signal,
    watched: () => !over.signal.aborted,
    state: (state) => setState(state),
    mapChanged: (changed, time) => writer.map(changed, time),
  });
  const { run, setState } = commandable(messages, async (command) => live.take(command));
  writer.map(grid);
  const go = async (): Promise<void> => {
    // A frame first: the world is seen before the planner warms up.
    await sleep(30, over.signal);
    if (over.signal.aborted) return;
    setState({ state: "driving" });
    const { summary } = await drive({
      grid,
      robot,
      start,
      goal: aim,
      init: startOf(setup.init, net),
      rateHz: DEMO_RATE,
      sensor: setup.sensor,
      timeout_s: TIMEOUT,
      seed: setup.seed,
      clock: () => performance.now(),
      keepIterates: true,
      signal: over.signal,
      onTick(report, simulator, goTo) {
        writer.tick(report, simulator);
        return live.onTick(report, simulator, goTo);
      },
    });
    setState({ state: "ended", summary });
    messages.end(summary);
  };
  go().catch((error: unknown) => {
    const note = error instanceof Error ? error.message : String(error);
    setState({ state: "ended", note });
    messages.end(undefined, note);
  });
  return run;
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
