import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createGrid, footprintClearance, getRobot, type Robot } from "../../src/sim/index.ts";
import { drive, jackal, open, origin, simulate, walled } from "./simulate.ts";

describe("contact", () => {
  test("a wall one cell thick stops the robot at full speed, and it is held there", () => {
    const robot = getRobot("jackal");
    const sim = simulate({}, robot, walled(2), Float64Array.of(0, 0, 0, 2, 0));
    while (!sim.contact && sim.time < 3) sim.step(drive(2, 0), 0.1);
    expect(sim.contact).toBe(true);
    expect(sim.contacts).toBe(1);
    expect(sim.minClearance).toBe(0);
    expect(sim.clearance).toBe(0);
    // the front touches x = 2, at most one substep (1 cm) deep
    expect(sim.state[0] + 0.254).toBeGreaterThanOrEqual(2);
    expect(sim.state[0] + 0.254).toBeLessThanOrEqual(2.011);
    const held = sim.state;
    expect(Array.from(held.subarray(3))).toEqual([0, 0]);
    sim.step(drive(-2, 1), 0.5);
    expect(sim.state).toEqual(held);
    expect(sim.contacts).toBe(1);
  });

  test("a fast robot cannot tunnel through a thin post on a fine grid", () => {
    const grid = createGrid(600, 200, 0.01, { x: 0, y: -1, yaw: 0 });
    grid.cells[100 * 600 + 400] = 100;
    const speck: Robot = {
      name: "speck",
      model: "differential",
      source: "smaller than a substep at full speed",
      footprint: [
        [-0.005, -0.005],
        [0.005, -0.005],
        [0.005, 0.005],
        [-0.005, 0.005],
      ],
      limits: { vMin: 0, vMax: 10, wMax: 1, aMax: 1, alphaMax: 1 },
    };
    const sim = simulate({}, speck, grid, Float64Array.of(0.025, 0.005, 0, 10, 0));
    sim.step(drive(0, 0), 0.5);
    expect(sim.contact).toBe(true);
  });

  test("displacing the robot into free space lets it drive again, and the count stays", () => {
    const sim = simulate({}, jackal, walled(2), Float64Array.of(0, 0, 0, 2, 0));
    sim.step(drive(2, 0), 2);
    expect(sim.contact).toBe(true);
    sim.displace(origin);
    expect(sim.contact).toBe(false);
    expect(sim.contacts).toBe(1);
    sim.step(drive(2, 0), 0.2);
    expect(sim.state[0]).toBeGreaterThan(0.01);
    sim.displace({ x: 2, y: 0, yaw: 0 });
    expect(sim.contacts).toBe(2);
    expect(sim.state[3]).toBe(0);
  });

  test("a change of the map under the robot is judged at once", () => {
    const sim = simulate();
    sim.setGrid(walled(0.1));
    expect(sim.contact).toBe(true);
    sim.setGrid(open);
    expect(sim.contact).toBe(false);
    expect(sim.contacts).toBe(1);
  });

  test("a start inside an obstacle is contact at time 0", () => {
    expect(simulate({}, jackal, walled(0)).contact).toBe(true);
  });
});

describe("clearance", () => {
  test("the minimum equals the smallest distance at every substep of the same run", () => {
    const grid = createGrid(200, 200, 0.05, { x: -5, y: -5, yaw: 0 });
    const rng = createRng(17);
    for (let n = 0; n < 60; n++) {
      const i = rng.int(200);
      const j = rng.int(200);
      if (Math.hypot(i - 100, j - 100) > 14) grid.cells[j * 200 + i] = 100;
    }
    for (let run = 0; run < 6; run++) {
      const sim = simulate({ lag_s: 0 }, jackal, grid);
      const watch = simulate({ lag_s: 0 }, jackal, grid);
      let smallest = Math.min(5, footprintClearance(jackal, watch.pose, grid));
      const h = 0.1 / 20;
      for (let k = 0; k < 60; k++) {
        const command = drive(rng.gauss(), 2 * rng.gauss());
        sim.step(command, 0.1);
        for (let s = 0; s < 20; s++) {
          watch.step(command, h);
          smallest = Math.min(smallest, footprintClearance(jackal, watch.pose, grid));
        }
      }
      expect(sim.minClearance).toBeCloseTo(smallest, 9);
      expect(sim.contact).toBe(smallest === 0);
    }
  });

  test("in the open it is the range that was looked at", () => {
    const sim = simulate({ clearanceRange_m: 3 });
    sim.step(drive(1, 1), 1);
    expect(sim.clearance).toBe(3);
    expect(sim.minClearance).toBe(3);
  });
});
