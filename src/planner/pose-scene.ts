import type { Vec } from "../ocp/index.ts";
import {
  computeDistanceField,
  type DistanceField,
  discRadius,
  distanceAt,
  INTERPOLANTS,
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
/** A robot that is not where its speeds lead keeps so many times of that more clear, but no more than another margin. */
const UNSURE = 1.5;
/** What is less than this share of the margin is not worth that: steps are predicted no better. */
const SURE = 0.1;

/**
 * Makes a scene the one that the problem is solved for next: its goal, its obstacles, and the margin that its
 * path leaves.
 *
 * @param field of the scene's grid, where it is at hand
 * @param margin of a scene that was solved before, to meet the same problem again [m]
 */
export function poseScene(
  problem: NavigationProblem,
  { x, grid, goal, final, path, track, movers, unsure }: Omit<Scene, "time">,
  field: DistanceField = sceneField(grid),
  margin: number = passableMargin(problem, path, field, track, unsure),
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
 * @param unsure how far the robot is from where its speeds lead, on the whole, from one sample to the next [m]
 */
export function passableMargin(
  problem: NavigationProblem,
  path: Vec,
  field: DistanceField,
  track?: Scene["track"],
  unsure = 0,
): number {
  const { margin: usual } = problem.options;
  const isUnsure = unsure > SURE * usual;
  const margin = usual + (isUnsure ? Math.min(usual, UNSURE * unsure) : 0);
  if (track !== undefined) {
    const room = roomAlong(problem.robot, path, track.headings, field, margin + SPARE) - SPARE;
    // Less than none where the body fits through and its discs do not.
    return room >= 0 ? Math.max(Math.min(margin, LEAST_MARGIN), room) : Math.max(-LEAST_MARGIN, room);
  }
  const radius = discRadius(problem.robot);
  let room = margin;
  for (let i = 0; i + 1 < path.length; i += 2) {
    const here = distanceAt(field, path[i], path[i + 1]);
    const lacks = isUnsure ? radius + SPARE + margin - here : 0;
    room = Math.min(
      room,
      Math.max(here, distanceBeside(field, path[i], path[i + 1], lacks)) - radius - SPARE,
    );
  }
  return Math.max(Math.min(margin, LEAST_MARGIN), room);
}

const AWAY = new Float64Array(2);

/** The distance to obstacles at a place moved by so much away from the nearest: in a gap it is not so much more. [m] */
function distanceBeside(field: DistanceField, x: number, y: number, by: number): number {
  if (by <= 0) return 0;
  INTERPOLANTS.bilinear(field, x, y, AWAY);
  const steep = Math.hypot(AWAY[0], AWAY[1]);
  return steep > 0 ? distanceAt(field, x + (by * AWAY[0]) / steep, y + (by * AWAY[1]) / steep) : 0;
}
