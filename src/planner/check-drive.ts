import { ConfigError, SceneError } from "../linalg/index.ts";
import { cellIndexAt, footprintContact, type OccupancyGrid, type Pose, type Robot } from "../sim/index.ts";
import type { DriveOptions } from "./drive.ts";
import type { Goal } from "./scene.ts";
import { SENSORS } from "./sensing.ts";

/** @throws ConfigError naming an option of a run that is out of its range */
export function checkDriveOptions(options: DriveOptions): void {
  const { rateHz = 10, iterations = 1, deadlineMs = 1, timeout_s = 0, sensor = "truth" } = options;
  const check = (legal: boolean, name: string, value: unknown, expected: string): void => {
    if (!legal) throw new ConfigError(`${name} is ${value}, expected ${expected}`);
  };
  check(rateHz > 0 && rateHz <= 1000, "rate", `${rateHz} Hz`, "0 < rate <= 1000");
  check(Number.isInteger(iterations) && iterations >= 1, "iterations", iterations, "an integer >= 1");
  check(deadlineMs > 0, "deadlineMs", deadlineMs, "milliseconds > 0");
  check(timeout_s >= 0, "timeout", `${timeout_s} s`, "a number >= 0");
  check(SENSORS.includes(sensor), "sensor", `"${sensor}"`, `one of ${SENSORS.join(", ")}`);
  const { position = 0, yaw = 0 } = options.tolerance ?? {};
  check(position >= 0, "tolerance.position", position, "metres >= 0");
  check(yaw >= 0, "tolerance.yaw", yaw, "radians >= 0");
}

/** @throws SceneError naming what is wrong with the start or the goal */
export function checkScene(robot: Robot, grid: OccupancyGrid, start: Pose, goal: Goal): void {
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
}
