import { driveNavigation } from "../../../src/drive/index.ts";
import type { NetScene } from "../../../src/init-net/index.ts";
import { createNavigationProblem, netScene, poseScene } from "../../../src/planner/index.ts";
import type { PlanRecord, TickRecord } from "../../../src/record/index.ts";
import { createPath, nearestOnPath, pathPiece, sceneExtent } from "../../../src/route/index.ts";
import type { OccupancyGrid, Robot } from "../../../src/sim/index.ts";

/** What a log holds of a tick and of what was known in it. */
type LoggedMoment = {
  readonly robot: Robot;
  /** [Hz] */ readonly rate: number;
  readonly record: TickRecord;
  readonly grid: OccupancyGrid;
  /** (n, 2) the global path. */ readonly path?: Float64Array;
  /** What was followed in the tick before. */ readonly lastPlan?: PlanRecord;
};

/**
 * The scene that the network was asked about in a tick, as far as a log tells. (Gains are not logged; no network
 * reads them.)
 *
 * @returns undefined where nothing was planned
 */
export function loggedScene(moment: LoggedMoment): NetScene | undefined {
  const { robot, rate, record, grid, lastPlan } = moment;
  const { x, localGoal, final = false, time } = record;
  if (x === undefined || localGoal === undefined) return undefined;
  const problem = createNavigationProblem(robot, driveNavigation(robot, rate));
  const path = pieceOf(moment, x, localGoal, problem.options.lookahead);
  const last = lastPlan === undefined ? undefined : { ...lastPlan, K: new Float64Array() };
  const scene = { time, x, goal: localGoal, final, grid, path };
  return netScene({ scene, problem, ...poseScene(problem, scene), lastPlan: last });
}

/** (n, 2) the global path from beside the robot to beyond the local goal; straight there where it leads elsewhere. */
function pieceOf(
  { path, record }: LoggedMoment,
  x: Float64Array,
  goal: { readonly x: number; readonly y: number },
  lookahead: number,
): Float64Array {
  const straight = Float64Array.of(x[0], x[1], goal.x, goal.y);
  if (path === undefined || path.length < 4 || record.phase === "recovering") return straight;
  const line = createPath(path);
  const from = nearestOnPath(line, x[0], x[1]);
  const { reach, beyond } = sceneExtent(lookahead);
  const to = nearestOnPath(line, goal.x, goal.y, from, reach) + beyond;
  return pathPiece(line, from, to);
}
