import { describe, expect, it } from "vitest";
import { standsAtGoal } from "../../src/drive/drive.ts";
import { drive } from "../../src/drive/index.ts";
import { createGrid, footprintContact, getRobot, WORLD_FAMILIES } from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";
import { watch, world } from "./runs.ts";

describe("drive", () => {
  for (const family of WORLD_FAMILIES) {
    for (const sensor of ["truth", "lidar"] as const) {
      it(`takes a jackal through ${family} with ${sensor}, without contact`, async () => {
        for (const seed of [100, 101]) {
          const { summary, simulator } = await drive({ ...world(family, seed), sensor });
          expect(summary.status, `${family}:${seed} ${summary.note ?? ""}`).toBe("reached");
          expect(summary.collisions).toBe(0);
          expect(summary.minClearance).toBeGreaterThan(0);
          expect(Math.abs(simulator.state[3])).toBeLessThan(0.05);
        }
      });
    }
  }

  for (const [robot, family, seed] of [
    ["turtlebot3", "clutter", 5],
    ["turtlebot4", "rooms", 5],
    ["f1tenth", "corridor", 5],
    ["omni", "maze", 5],
    // a car that misses a turn and gets into a dead end has to back out of it
    ["f1tenth", "cells", 2],
    ["f1tenth", "maze", 3],
  ] as const) {
    it(`takes a ${robot} through ${family}:${seed}`, async () => {
      const sensor = seed === 5 ? "lidar" : "truth";
      const { summary } = await drive({ ...world(family, seed, robot), sensor, timeout_s: 200 });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.collisions).toBe(0);
    });
  }

  for (const init of ["zero", "path", "best"]) {
    it(`takes a jackal through rooms:102 from ${init}`, async () => {
      const { summary } = await drive({ ...world("rooms", 102), init });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.init).toBe(init);
      expect(summary.iterations).toBe(init === "best" ? 1 : 10);
      expect(summary.sqp.iterations.max).toBeLessThanOrEqual(summary.iterations);
    });
  }

  it("finds its way without a map, by what it sees", async () => {
    const { summary } = await drive({ ...world("clutter", 100), sensor: "lidar", prior: "none" });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.collisions).toBe(0);
  });

  it("stands lag, noise, slip, delay and a noisy measurement", async () => {
    const simulator = {
      lag_s: 0.08,
      delay_s: 0.05,
      slip: 0.05,
      noise: { linear: 0.05, angular: 0.05 },
      measurement: { position: 0.01, yaw: 0.01, speed: 0.02 },
    };
    for (const family of ["clutter", "corridor"] as const) {
      const { summary } = await drive({ ...world(family, 100), sensor: "lidar", simulator });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.collisions).toBe(0);
    }
  });

  it("turns to the goal's yaw where it has one", async () => {
    const grid = room(8, 6);
    for (const yaw of [0, 2.5, -1.6]) {
      const { summary, simulator } = await drive({
        grid,
        robot: getRobot("jackal"),
        start: { x: 1.5, y: 3, yaw: 0 },
        goal: { x: 5.5, y: 3, yaw },
      });
      expect(summary.status, `${yaw}: ${summary.note}`).toBe("reached");
      const turned = simulator.pose.yaw - yaw;
      expect(Math.abs(Math.atan2(Math.sin(turned), Math.cos(turned)))).toBeLessThan(0.3);
    }
  });

  it("gives the same bytes for the same seed, another run for another", async () => {
    const run = async (seed: number): Promise<[string, string]> => {
      const simulator = { noise: { linear: 0.05, angular: 0.05 }, history: true };
      const options = { ...world("cells", 103), seed, sensor: "lidar" as const, simulator };
      const result = await drive(options);
      return [
        JSON.stringify(result.summary),
        JSON.stringify(result.simulator.history.map((h) => [...h.state])),
      ];
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect((await run(2))[1]).not.toBe(first[1]);
  });

  it("gives the same run with a clock, but for the times", async () => {
    let now = 0;
    const timed = await drive({ ...world("rooms", 100), clock: () => (now += 0.01) });
    const { summary } = await drive(world("rooms", 100));
    const { planMs, partsMs, deadline } = timed.summary;
    expect({ ...timed.summary, planMs: 0, partsMs: 0, deadline: 0 }).toEqual({
      ...summary,
      planMs: 0,
      partsMs: 0,
      deadline: 0,
    });
    expect(planMs.p50).toBeGreaterThan(0);
    expect(planMs.max).toBeGreaterThanOrEqual(planMs.p99);
    expect(partsMs.sqp).toBeGreaterThan(0);
    expect(deadline).toEqual({ ms: 100, missed: 0, fallbacks: summary.deadline.fallbacks });
  });

  it("has a summary that agrees with its reports", async () => {
    const { summary, reports, simulator } = await watch({ ...world("clutter", 101), sensor: "lidar" });
    expect(summary.ticks).toBe(reports.length);
    expect(summary.time).toBeCloseTo(simulator.time, 3);
    expect(reports.map((r) => r.tick)).toEqual(reports.map((_, i) => i));
    expect(summary.deadline.fallbacks).toBe(
      reports.filter((r) => r.scene !== undefined && r.source !== "solution").length,
    );
    const length = reports
      .slice(1)
      .reduce((sum, r, i) => sum + Math.hypot(r.pose.x - reports[i].pose.x, r.pose.y - reports[i].pose.y), 0);
    expect(summary.pathLength).toBeCloseTo(length, 1);
    for (const report of reports) {
      if (report.plan === undefined || report.command.kind !== "drive") continue;
      expect([...report.command.u]).toEqual([...report.plan.U.slice(0, 2)]);
      expect([...report.plan.X.slice(0, 5)]).toEqual([...report.scene!.x]);
    }
  });
});

describe("a run that is disturbed", () => {
  it("goes on from where the robot is put down, with best", async () => {
    const grid = room(10, 6);
    fill(grid, 4, 1.5, 4.2, 6);
    let moved = 0;
    const { summary } = await drive({
      grid,
      robot: getRobot("jackal"),
      start: { x: 1, y: 4, yaw: 0 },
      goal: { x: 9, y: 4 },
      init: "best",
      onTick(report, simulator) {
        if (report.tick === 30 || report.tick === 60) {
          simulator.displace({ x: 1.5, y: 4.5, yaw: report.tick === 30 ? 3 : -1.5 });
          moved++;
        }
      },
    });
    expect(moved).toBe(2);
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.collisions).toBe(0);
  });

  it("drives to a new goal from the moment it is given", async () => {
    const second = { x: 1.5, y: 4.5 };
    let given = Number.NaN;
    const { summary, simulator } = await drive({
      grid: room(10, 6),
      robot: getRobot("jackal"),
      start: { x: 1, y: 1, yaw: 0 },
      goal: { x: 9, y: 1 },
      onTick(report, _simulator, goTo) {
        if (report.tick !== 20) return;
        given = report.time;
        goTo(second);
      },
    });
    expect(given).toBeCloseTo(2, 6);
    expect(summary.status, summary.note).toBe("reached");
    expect(Math.hypot(simulator.pose.x - second.x, simulator.pose.y - second.y)).toBeLessThan(0.3);
    expect(summary.collisions).toBe(0);
  });

  it("avoids an obstacle that appears in front of it", async () => {
    for (const sensor of ["truth", "lidar"] as const) {
      const blocked = room(10, 4);
      fill(blocked, 5, 0, 5.4, 2.6);
      let appeared = false;
      const { summary } = await drive({
        grid: room(10, 4),
        robot: getRobot("jackal"),
        start: { x: 1, y: 1.5, yaw: 0 },
        goal: { x: 9, y: 1.5 },
        sensor,
        onTick(_report, simulator) {
          if (appeared || simulator.pose.x < 2.5) return;
          simulator.setGrid(blocked);
          appeared = true;
        },
      });
      expect(appeared).toBe(true);
      expect(summary.status, `${sensor}: ${summary.note}`).toBe("reached");
      expect(summary.collisions).toBe(0);
    }
  });

  it("goes on while an omni glides sideways through its goal, and ends where it stands", async () => {
    let pushed = Number.NaN;
    const { summary, simulator } = await drive({
      grid: room(8, 6),
      robot: getRobot("omni"),
      start: { x: 1.5, y: 3, yaw: 0 },
      goal: { x: 5, y: 3 },
      onTick(report, sim) {
        if (report.phase !== "arrived" || !Number.isNaN(pushed)) return;
        pushed = report.time;
        sim.displace(Float64Array.of(5, 3, 0, 0, 0.7, 0));
        expect(standsAtGoal(report, sim)).toBe(false);
      },
    });
    expect(pushed).toBeGreaterThan(0);
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.time).toBeGreaterThan(pushed + 0.5); // 0.7 m/s at 1 m/s^2
    expect(Math.hypot(simulator.state[3], simulator.state[4])).toBeLessThan(0.05);
  });

  it("ends as failed where it is aborted", async () => {
    const controller = new AbortController();
    const { summary } = await drive({
      ...world("rooms", 100),
      signal: controller.signal,
      onTick: (report) => report.tick === 5 && controller.abort(),
    });
    expect(summary.status).toBe("failed");
    expect(summary.ticks).toBe(6);
  });

  it("ends at its timeout", async () => {
    const { summary } = await drive({ ...world("rooms", 100), timeout_s: 1.5 });
    expect(summary.status).toBe("timeout");
    expect(summary.time).toBeCloseTo(1.5, 9);
  });
});

describe("the map of a run", () => {
  it("may lie anywhere and be turned", async () => {
    const origin = { x: -30, y: 12, yaw: 0.7 };
    const grid = createGrid(200, 80, 0.05, origin);
    const at = (u: number, v: number) => ({
      x: origin.x + Math.cos(0.7) * u - Math.sin(0.7) * v,
      y: origin.y + Math.sin(0.7) * u + Math.cos(0.7) * v,
    });
    for (let j = 0; j < 50; j++) for (let i = 95; i < 105; i++) grid.cells[j * 200 + i] = 100;
    const robot = getRobot("jackal");
    const start = { ...at(1.5, 1.5), yaw: 0.7 };
    expect(footprintContact(robot, start, grid)).toBe(false);
    for (const sensor of ["truth", "lidar"] as const) {
      const { summary } = await drive({ grid, robot, start, goal: at(8.5, 1.5), sensor });
      expect(summary.status, `${sensor}: ${summary.note}`).toBe("reached");
      expect(summary.collisions).toBe(0);
    }
  });

  for (const resolution of [0.02, 0.1, 0.2]) {
    it(`may have cells of ${resolution} m`, async () => {
      const grid = room(10, 4, resolution);
      fill(grid, 4.6, 0, 5, 2.4);
      const { summary } = await drive({
        grid,
        robot: getRobot("jackal"),
        start: { x: 1, y: 1.5, yaw: 0 },
        goal: { x: 9, y: 1.5 },
        sensor: "lidar",
      });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.collisions).toBe(0);
    });
  }
});
