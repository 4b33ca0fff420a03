import { SceneError } from "../base/index.ts";
import {
  cellIndexAt,
  footprintContact,
  type Goal,
  type Keepout,
  type OccupancyGrid,
  type Pose,
  type Robot,
} from "../sim/index.ts";
import { zoneFault } from "./navigator-state.ts";

/**
 * @param keepout zones that the goal must not lie in; a start may
 * @throws SceneError naming what is wrong with the start or the goal
 */
export function checkScene(
  robot: Robot,
  grid: OccupancyGrid,
  start: Pose,
  goal: Goal,
  keepout?: Keepout,
): void {
  const place = (name: string, x: number, y: number): void => {
    if (!(Number.isFinite(x) && Number.isFinite(y))) {
      throw new SceneError(`${name} is (${x}, ${y}), expected finite coordinates in the map frame [m]`);
    }
    if (cellIndexAt(grid, x, y) < 0) {
      const { origin, width, height, resolution } = grid;
      throw new SceneError(
        `${name} (${x}, ${y}) lies outside the map, which is ${(width * resolution).toFixed(2)} x ` +
          `${(height * resolution).toFixed(2)} m from its origin (${origin.x}, ${origin.y})`,
      );
    }
  };
  const angle = (name: string, yaw: number): void => {
    if (!Number.isFinite(yaw)) throw new SceneError(`${name} yaw is ${yaw}, expected a finite angle [rad]`);
  };
  place("start", start.x, start.y);
  angle("start", start.yaw);
  if (footprintContact(robot, start, grid)) {
    throw new SceneError(
      `start (${start.x}, ${start.y}, ${start.yaw} rad) is in collision: the ${robot.name}'s footprint touches an occupied cell`,
    );
  }
  place("goal", goal.x, goal.y);
  if (goal.yaw !== undefined) angle("goal", goal.yaw);
  const kept = zoneFault(keepout, goal);
  if (kept !== undefined) throw new SceneError(kept);
}
