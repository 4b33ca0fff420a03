import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createHandDrive, type HandWish } from "../../src/drive/index.ts";
import {
  createGrid,
  createSimulator,
  getRobot,
  NO_LATENCY,
  type OccupancyGrid,
  ROBOT_NAMES,
  robotBounds,
} from "../../src/sim/index.ts";
import type { SeenMover } from "../../src/track/index.ts";

const PERIOD = 0.1;
const FORWARD: HandWish = { forward: 1, left: 0, turn: 0 };
const open = (): OccupancyGrid => createGrid(160, 120, 0.1, { x: -6, y: -6, yaw: 0 });

/** The open ground with the cells occupied that are of a wall. */
function withWall(isWall: (column: number, row: number) => boolean): OccupancyGrid {
  const grid = open();
  return {
    ...grid,
    cells: grid.cells.map((_, i) => (isWall(i % grid.width, Math.floor(i / grid.width)) ? 100 : 0)),
  };
}

/** Drives by hand for some seconds. @returns the simulator, and the states it went through */
function driven(
  name: string,
  grid: OccupancyGrid,
  wish: (time: number) => HandWish,
  seconds: number,
  late = 0,
) {
  const robot = getRobot(name);
  const latency = { ...NO_LATENCY, delay: late };
  const options = { delay_s: late, lag_s: 0, slip: 0 };
  const simulator = createSimulator({
    robot,
    grid,
    rng: createRng(1),
    start: { x: 0, y: 0, yaw: 0 },
    options,
  });
  const hand = createHandDrive(robot, PERIOD, latency);
  const states: Float64Array[] = [];
  for (let k = 0; k < Math.round(seconds / PERIOD); k++) {
    const command = hand.command({ time: simulator.time, x: simulator.state, grid }, wish(simulator.time));
    simulator.step(command, PERIOD);
    states.push(simulator.state);
  }
  return { simulator, states, robot };
}

describe("driving by hand", () => {
  test.each([...ROBOT_NAMES])("%s reaches its own limits and never exceeds them, nor its rates", (name) => {
    const { states, robot } = driven(name, open(), () => ({ forward: 1, left: 1, turn: 1 }), 4);
    const { boxIndex, xUpper, uUpper } = robotBounds(robot);
    boxIndex.forEach((j, i) => {
      const speeds = states.map((state) => state[j]);
      expect(Math.max(...speeds)).toBeLessThanOrEqual(xUpper[i] + 1e-6);
      expect(speeds.at(-1)).toBeCloseTo(xUpper[i], 3);
      speeds.forEach((speed, k) => {
        const before = k === 0 ? 0 : speeds[k - 1];
        expect(Math.abs(speed - before)).toBeLessThanOrEqual(uUpper[i] * PERIOD + 1e-6);
      });
    });
  });

  test.each([
    ["jackal", 0],
    ["jackal", 0.2],
    ["f1tenth", 0.1],
    ["omni", 0],
  ])("%s, %d s late, stops before a wall that it is driven at for ever, and close to it", (name, late) => {
    for (const x of [1.5, 6]) {
      const grid = withWall((column) => column === Math.round(10 * (x + 6)));
      const { simulator } = driven(name, grid, () => FORWARD, 9, late);
      expect(simulator.contacts).toBe(0);
      const front = Math.max(...getRobot(name).footprint.map(([px]) => px));
      const gap = x - simulator.pose.x - front;
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(0.6);
    }
  });

  test("comes no nearer to a wall by turning into it, and backs away from it", () => {
    const grid = withWall((_, row) => row === 63);
    const turning = driven("jackal", grid, () => ({ forward: 0, left: 0, turn: 1 }), 4);
    expect(turning.simulator.contacts).toBe(0);
    const back = driven("jackal", grid, () => ({ forward: -1, left: 0, turn: 0 }), 3);
    expect(back.simulator.pose.x).toBeLessThan(-1);
  });

  test("stops for somebody who walks towards it", () => {
    const robot = getRobot("jackal");
    const hand = createHandDrive(robot, PERIOD, NO_LATENCY);
    const x = Float64Array.of(0, 0, 0, 1, 0);
    const mover = { id: 1, x: 1.6, y: 0, vx: -1, vy: 0, radius: 0.3 };
    const speedUp = (movers?: readonly SeenMover[]): number => {
      const command = hand.command({ time: 0, x, grid: open(), movers }, FORWARD);
      return command.kind === "drive" ? command.u[0] : -2;
    };
    expect(speedUp()).toBe(2);
    expect(speedUp([mover])).toBe(-2);
  });
});
