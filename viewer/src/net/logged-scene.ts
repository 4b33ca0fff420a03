import { driveNavigation } from "../../../src/drive/index.ts";
import type { NetScene } from "../../../src/init-net/index.ts";
import { createNavigationProblem, netScene, poseScene } from "../../../src/planner/index.ts";
import type { PlanRecord, TickRecord } from "../../../src/record/index.ts";
import type { OccupancyGrid, Robot } from "../../../src/sim/index.ts";

/** What a log holds of a tick and of what was known in it. */
type LoggedMoment = {
  readonly robot: Robot;
  /** [Hz] */ readonly rate: number;
  readonly record: TickRecord;
  readonly grid: OccupancyGrid;
  /** What was followed in the tick before. */ readonly lastPlan?: PlanRecord;
};

/**
 * The scene that the network was asked about in a tick, as far as a log tells: an old one knows no path, and the
 * straight line to the local goal stands for it. (Gains are not logged; no network reads them.)
 *
 * @returns undefined where nothing was planned
 */
export function loggedScene({ robot, rate, record, grid, lastPlan }: LoggedMoment): NetScene | undefined {
  const { x, localGoal: goal, final = false, time } = record;
  if (x === undefined || goal === undefined) return undefined;
  const problem = createNavigationProblem(robot, driveNavigation(robot, rate));
  const path = record.localPath ?? Float64Array.of(x[0], x[1], goal.x, goal.y);
  const last = lastPlan === undefined ? undefined : { ...lastPlan, K: new Float64Array() };
  const scene = { time, x, goal, final, grid, path };
  return netScene({ scene, problem, ...poseScene(problem, scene), lastPlan: last });
}
