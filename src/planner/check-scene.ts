import { SceneError } from "../base/index.ts";
import {
  cellIndexAt,
  footprintContact,
  type Goal,
  type Keepout,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
  type Robot,
} from "../sim/index.ts";
import { zoneFault } from "./navigator-state.ts";
import { type Waypoint, waypointName } from "./tour.ts";

/**
 * Checks that each waypoint of a route lies on the map, outside of its obstacles and of zones that nobody may enter.
 *
 * @throws SceneError naming the waypoint
 */
export function checkRoute(grid: OccupancyGrid, waypoints: readonly Waypoint[], keepout?: Keepout): void {
  for (const [n, waypoint] of waypoints.entries()) {
    const { x, y } = waypoint;
    const name = waypointName(waypoint, n);
    const cell = cellIndexAt(grid, x, y);
    if (cell < 0) throw outside(name, x, y, grid);
    if (grid.cells[cell] >= OCCUPIED)
      throw new SceneError(`${name} (${x}, ${y}) lies in an obstacle of the map, expected a free place`);
    const kept = zoneFault(keepout, { x, y });
    if (kept !== undefined) throw new SceneError(kept.replace("the goal", name));
  }
}

function outside(name: string, x: number, y: number, grid: OccupancyGrid): SceneError {
  const { origin, width, height, resolution } = grid;
  return new SceneError(
    `${name} (${x}, ${y}) lies outside the map, which is ${(width * resolution).toFixed(2)} x ` +
      `${(height * resolution).toFixed(2)} m from its origin (${origin.x}, ${origin.y})`,
  );
}

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
    if (cellIndexAt(grid, x, y) < 0) throw outside(name, x, y, grid);
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
