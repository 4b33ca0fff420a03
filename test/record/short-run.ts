import { type DriveOptions, type DriveResult, drive } from "../../src/drive/index.ts";
import type { TickReport } from "../../src/planner/index.ts";
import {
  createLogWriter,
  createMemorySink,
  type LogOutcome,
  type LogWriterOptions,
} from "../../src/record/index.ts";
import { getRobot, makeWorld, type World } from "../../src/sim/index.ts";

export type ShortRun = DriveResult & {
  readonly world: World;
  readonly bytes: Uint8Array;
  readonly outcome: LogOutcome;
  /** Copies of what was reported, taken at once. */ readonly reports: readonly TickReport[];
  /** True states of the same moments. */ readonly states: readonly Float64Array[];
};

/** A few seconds of a real closed-loop run, logged into memory. */
export async function shortRun(
  options: Partial<DriveOptions> = {},
  log: Partial<LogWriterOptions> = {},
): Promise<ShortRun> {
  const world = makeWorld("clutter", 5);
  const robot = options.robot ?? getRobot("jackal");
  const sink = createMemorySink();
  const writer = createLogWriter(
    sink,
    { id: world.name, robot, config: { seed: 0, world: world.name } },
    log,
  );
  const reports: TickReport[] = [];
  const states: Float64Array[] = [];
  const result = await drive({
    grid: world.grid,
    robot,
    start: world.start,
    goal: world.goal,
    timeout_s: 2,
    deadlineMs: 1000,
    keepIterates: true,
    ...options,
    onTick(report, simulator, goTo, goesOn) {
      reports.push(structuredClone(report));
      states.push(simulator.state);
      writer.tick(report, simulator);
      options.onTick?.(report, simulator, goTo, goesOn);
    },
  });
  const outcome = await writer.close(result.summary);
  return { ...result, world, bytes: sink.bytes, outcome, reports, states };
}
