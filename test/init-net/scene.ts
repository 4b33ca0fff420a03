import type { NetScene } from "../../src/init-net/index.ts";
import {
  createNavigationProblem,
  type NavigationProblem,
  netScene,
  type Scene,
} from "../../src/planner/index.ts";
import { computeDistanceField, type Robot } from "../../src/sim/index.ts";
import { along, fill, room, sceneAt } from "../planner/scenes.ts";

/** A robot in a room with a block beside its path. */
export function blockedRoom(robot: Robot): { problem: NavigationProblem; scene: Scene; seen: NetScene } {
  const grid = room(8, 5);
  fill(grid, 3, 1, 3.6, 2.4);
  const path = along([
    [1, 2],
    [2.5, 2.9],
    [5, 2.5],
  ]);
  const scene = sceneAt(robot, grid, { x: 1, y: 2, yaw: 0.3 }, path);
  const problem = createNavigationProblem(robot);
  const field = computeDistanceField(grid, { unknown: "free" });
  return { problem, scene, seen: netScene({ scene, problem, field, margin: problem.options.margin }) };
}
