import { type DriveOptions, type DriveResult, drive } from "../../src/drive/index.ts";
import type { TickReport } from "../../src/planner/index.ts";
import { getRobot, makeWorld, type WorldFamily } from "../../src/sim/index.ts";

/** A generated world as options of a run. */
export const world = (
  family: WorldFamily,
  seed: number,
  robot = "jackal",
): Pick<DriveOptions, "grid" | "robot" | "start" | "seed"> & Required<Pick<DriveOptions, "goal">> => {
  const { grid, start, goal } = makeWorld(family, seed);
  return { grid, start, goal, seed, robot: getRobot(robot) };
};

/** Runs and keeps every report. */
export async function watch(options: DriveOptions): Promise<DriveResult & { reports: TickReport[] }> {
  const reports: TickReport[] = [];
  const result = await drive({
    ...options,
    onTick(report, simulator, goTo, goesOn) {
      reports.push(report);
      options.onTick?.(report, simulator, goTo, goesOn);
    },
  });
  return { ...result, reports };
}
