import { computeDistanceField, type DistanceField, type OccupancyGrid } from "../sim/index.ts";
import { clearReference } from "./clear-reference.ts";
import { predictMovers } from "./mover-rows.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import type { Scene } from "./scene.ts";
import { leastMargin, passableMargins, stageMargins } from "./scene-margin.ts";

/** What a scene was posed with. */
export type PosedScene = {
  /** Distances to the obstacles of the scene's grid. */
  readonly field: DistanceField;
  /** Clearance that the solver is asked for at least, in the narrowest place of the path. [m] */
  readonly margin: number;
};

/**
 * Nearer than this share of the lookahead to where it stops, a robot is there, the more so the nearer it is. Without
 * that it comes to a rest no sooner than a horizon is long.
 */
const AT_GOAL = 0.5;

/**
 * Makes a scene the one that the problem is solved for next: its goal, its obstacles, and the margins that its
 * path leaves.
 *
 * @param field of the scene's grid, where it is at hand
 * @param given the same margin for every stage, as scenes are solved with that a network learns from: it is told one [m]
 */
export function poseScene(
  problem: NavigationProblem,
  scene: Omit<Scene, "time">,
  field: DistanceField = sceneField(scene.grid),
  given?: number,
): PosedScene {
  const { x, goal, final, path, track, movers } = scene;
  const margins = given === undefined ? passableMargins(problem, scene, field) : undefined;
  const margin = given ?? leastMargin(margins!);
  const stages = margins === undefined ? margin : stageMargins(problem, x, path, margins);
  const reference = track && clearReference(problem, x, path, track, field, margin);
  const away = Math.hypot(x[0] - goal.x, x[1] - goal.y) / (AT_GOAL * problem.options.lookahead);
  const near = predictMovers(problem.robot, problem.options, x, movers);
  problem.set(goal, field, final, stages, reference, final ? Math.max(0, 1 - away) : 0, near);
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
