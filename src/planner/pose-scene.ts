import type { Vec } from "../ocp/index.ts";
import {
  computeDistanceField,
  type DistanceField,
  discRadius,
  distanceAt,
  type OccupancyGrid,
} from "../sim/index.ts";
import { clearReference, roomAlong } from "./clear-reference.ts";
import { predictMovers } from "./mover-rows.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import type { Scene } from "./scene.ts";

/** What a scene was posed with. */
export type PosedScene = {
  /** Distances to the obstacles of the scene's grid. */
  readonly field: DistanceField;
  /** Clearance that the solver is asked for. [m] */
  readonly margin: number;
};

/**
 * Nearer than this share of the lookahead to where it stops, a robot is there, the more so the nearer it is. Without
 * that it comes to a rest no sooner than a horizon is long.
 */
const AT_GOAL = 0.5;
/** Where the path is narrow the margin shrinks to what it leaves, less this. [m] */
const SPARE = 0.005;
/** It never shrinks below this: the field is off by up to a fifth of a cell at corners, and tracking by some mm. [m] */
const LEAST_MARGIN = 0.02;

/**
 * Makes a scene the one that the problem is solved for next: its goal, its obstacles, and the margin that its
 * path leaves.
 *
 * @param field of the scene's grid, where it is at hand
 * @param margin of a scene that was solved before, to meet the same problem again [m]
 */
export function poseScene(
  problem: NavigationProblem,
  { x, grid, goal, final, path, track, movers }: Omit<Scene, "time">,
  field: DistanceField = sceneField(grid),
  margin: number = passableMargin(problem, path, field, track),
): PosedScene {
  const reference = track && clearReference(problem, x, path, track, field, margin);
  const away = Math.hypot(x[0] - goal.x, x[1] - goal.y) / (AT_GOAL * problem.options.lookahead);
  const near = predictMovers(problem.robot, problem.options, x, movers);
  problem.set(goal, field, final, margin, reference, final ? Math.max(0, 1 - away) : 0, near);
  return { field, margin };
}

/**
 * The distance field of a scene's grid: what nobody has seen counts as free, so that a plan may lead there.
 *
 * @param out a field to overwrite; nothing is allocated if it has as many cells as the grid
 */
export function sceneField(grid: OccupancyGrid, out?: DistanceField): DistanceField {
  return computeDistanceField(grid, { unknown: "free" }, out);
}

/**
 * The margin for a scene: the full one, but in a gap no more than the path itself has, or the penalty of the
 * margin would keep the robot from a gap that it fits through. The safety check does not depend on it.
 *
 * @param path (n, 2)
 * @param track with which headings the path is driven, where that is known: its discs then count where they are
 */
export function passableMargin(
  problem: NavigationProblem,
  path: Vec,
  field: DistanceField,
  track?: Scene["track"],
): number {
  const { margin } = problem.options;
  if (track !== undefined) {
    const room = roomAlong(problem.robot, path, track.headings, field, margin + SPARE) - SPARE;
    // Less than none where the body fits through and its discs do not.
    return room >= 0 ? Math.max(Math.min(margin, LEAST_MARGIN), room) : Math.max(-LEAST_MARGIN, room);
  }
  const radius = discRadius(problem.robot);
  let room = margin;
  for (let i = 0; i + 1 < path.length; i += 2) {
    room = Math.min(room, distanceAt(field, path[i], path[i + 1]) - radius - SPARE);
  }
  return Math.max(Math.min(margin, LEAST_MARGIN), room);
}
