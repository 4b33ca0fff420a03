// What the tests of the simulator have in common.
import { createRng } from "../../src/base/index.ts";
import {
  type Command,
  createGrid,
  createSimulator,
  getRobot,
  type OccupancyGrid,
  type Robot,
  type Simulator,
  type SimulatorOptions,
} from "../../src/sim/index.ts";

export const jackal = getRobot("jackal");
export const open = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
export const origin = { x: 0, y: 0, yaw: 0 };
export const stop: Command = { kind: "stop" };
export const drive = (...u: number[]): Command => ({ kind: "drive", u: Float64Array.from(u) });

export function simulate(
  options: Partial<SimulatorOptions> = {},
  robot: Robot = jackal,
  grid: OccupancyGrid = open,
  start: Parameters<typeof createSimulator>[0]["start"] = origin,
): Simulator {
  return createSimulator({ robot, grid, start, rng: createRng(1), options });
}

/** The open grid with a wall one cell thick along x = at. */
export function walled(at: number): OccupancyGrid {
  const grid = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
  const i = Math.round((at + 5) / 0.05);
  for (let j = 0; j < 200; j++) grid.cells[j * 200 + i] = 100;
  return grid;
}
