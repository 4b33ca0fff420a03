import { expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createSensing, drive } from "../../src/drive/index.ts";
import { summaryJson } from "../../src/record/index.ts";
import { createGrid, getRobot, makeWorld, type Walker } from "../../src/sim/index.ts";

const robot = getRobot("jackal");
const grid = createGrid(200, 120, 0.05);
const start = { x: 1, y: 3, yaw: 0 };
const standing: Walker = {
  id: 3,
  x: 5,
  y: 3,
  radius: 0.3,
  speed: 0.5,
  goals: [{ x: 4, y: 3 }],
  manner: "rail",
};

it("a robot that sees the truth is told who moves, and one with a lidar sees them as its beams do", () => {
  const truth = createSensing("truth", 6, grid, createRng(1)).sense(grid, start, [
    { ...standing, vx: 0, vy: 0 },
  ]);
  expect(truth.movers).toEqual([{ ...standing, vx: 0, vy: 0 }]);
  expect(truth.grid.cells.includes(100)).toBe(false);
  expect(createSensing("truth", 6, grid, createRng(1)).sense(grid, start, []).movers).toBeUndefined();
});

it("a drive goes round who stands in its way, and its summary says how near and whose fault contacts were", async () => {
  const { summary } = await drive({
    grid,
    robot,
    start,
    goal: { x: 7, y: 3 },
    movers: [standing],
    init: "path",
    iterations: 2,
  });
  expect(summary).toMatchObject({ status: "reached", contacts: 0, contactsCaused: 0, collisions: 0 });
  expect(summary.minMoverClearance).toBeGreaterThan(0);
  expect(summary.minMoverClearance).toBeLessThan(1.5);
  const json = summaryJson(summary);
  expect(json).toMatchObject({ contacts_caused: 0, min_mover_clearance_m: summary.minMoverClearance });
});

it("a run into whom it is not told of is a collision that the robot has caused", async () => {
  const { summary, simulator } = await drive({
    grid,
    robot,
    start,
    goal: { x: 9, y: 3 },
    movers: [{ ...standing, x: 4, goals: [{ x: 1.2, y: 3 }], speed: 1.5 }],
    sensor: "lidar",
    lidar: { range: 0.2 },
  });
  expect(summary).toMatchObject({ status: "collision", contacts: 1, contactsCaused: 1, collisions: 1 });
  expect(simulator.contact).toBe(true);
});

it("a run among people is the same again to the last bit", async () => {
  const world = makeWorld("crossing", 2);
  const run = async () => {
    const { summary, simulator } = await drive({
      ...world,
      robot,
      timeout_s: 3,
      init: "path",
      iterations: 2,
    });
    return { ...summary, planMs: 0, partsMs: 0, movers: simulator.movers, state: simulator.state };
  };
  expect(await run()).toEqual(await run());
});
