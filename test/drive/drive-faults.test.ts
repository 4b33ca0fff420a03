import { describe, expect, it } from "vitest";
import { type DriveOptions, drive } from "../../src/drive/index.ts";
import { getWarmStart, pursue, type WarmStart } from "../../src/planner/index.ts";
import { getRobot, type OccupancyGrid } from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";
import { watch, world } from "./runs.ts";

describe("a run that cannot succeed", () => {
  const jackal = getRobot("jackal");
  const walled = (): OccupancyGrid => {
    const grid = room(10, 4);
    fill(grid, 5, 0, 5.2, 4);
    return grid;
  };

  it("ends at once, with a note, where no way leads to the goal", async () => {
    const { summary } = await drive({
      grid: walled(),
      robot: jackal,
      start: { x: 1, y: 2, yaw: 0 },
      goal: { x: 9, y: 2 },
    });
    expect(["stuck", "failed"]).toContain(summary.status);
    expect(summary.time).toBeLessThan(1);
    expect(summary.note).toMatch(/no path/);
  });

  it("ends long before its timeout, with a note, where the wall is seen on the way only", async () => {
    const { summary } = await drive({
      grid: walled(),
      robot: jackal,
      start: { x: 1, y: 2, yaw: 0 },
      goal: { x: 9, y: 2 },
      sensor: "lidar",
      prior: "none",
      timeout_s: 300,
    });
    expect(["stuck", "failed"]).toContain(summary.status);
    expect(summary.collisions).toBe(0);
    expect(summary.time).toBeLessThan(120);
    expect(summary.note).toMatch(/no path|no progress/);
  });

  it("is refused where it makes no sense, by name and number", async () => {
    const grid = room(6, 4);
    const ok = { grid, robot: jackal, start: { x: 1, y: 2, yaw: 0 }, goal: { x: 5, y: 2 } };
    const cases: [Partial<DriveOptions>, RegExp][] = [
      [
        { start: { x: 0.1, y: 2, yaw: 0 } },
        /start \(0.1, 2, 0 rad\) is in collision: the jackal's footprint/,
      ],
      [{ start: { x: -3, y: 2, yaw: 0 } }, /start \(-3, 2\) lies outside the map, which is 6.00 x 4.00 m/],
      [{ start: { x: Number.NaN, y: 2, yaw: 0 } }, /start is \(NaN, 2\), expected finite/],
      [{ start: { x: 1, y: 2, yaw: Number.NaN } }, /start/],
      [{ goal: { x: 5, y: 99 } }, /goal \(5, 99\) lies outside the map/],
      [{ goal: { x: 5, y: 2, yaw: Number.NaN } }, /goal/],
      [{ rateHz: 0 }, /rate is 0 Hz, expected 0 < rate <= 1000/],
      [{ init: "warm" }, /warm start is "warm", expected one of zero, path, shift, shift-or-path, best/],
      [{ iterations: 1.5 }, /iterations is 1.5, expected an integer >= 1/],
      [{ timeout_s: Number.NaN }, /timeout is NaN s, expected a number >= 0/],
      [{ deadlineMs: -1 }, /deadlineMs is -1/],
      [{ sensor: "radar" as never }, /sensor is "radar", expected one of truth, lidar/],
      [{ tolerance: { position: -1 } }, /tolerance/],
    ];
    for (const [change, message] of cases)
      await expect(drive({ ...ok, ...change }), String(message)).rejects.toThrow(message);
  });
});

describe("deadlines and faults in a run", () => {
  it("falls back at every tick of a deadline nobody can meet, and touches nothing", async () => {
    let now = 0;
    const { summary, reports } = await watch({
      ...world("clutter", 100),
      deadlineMs: 0.01,
      clock: () => (now += 0.05),
      timeout_s: 20,
    });
    expect(summary.collisions).toBe(0);
    expect(summary.deadline.missed).toBeGreaterThan(0.9 * summary.ticks);
    expect(reports.every((r) => r.source !== "solution")).toBe(true);
  });

  it("drives on through a planner that is too slow now and then", async () => {
    let now = 0;
    let calls = 0;
    const clock = (): number => {
      calls++;
      if (calls % 150 === 0) now += 200;
      return now;
    };
    const { summary } = await drive({ ...world("rooms", 100), deadlineMs: 100, clock });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.deadline.missed).toBeGreaterThan(0);
    expect(summary.collisions).toBe(0);
  });

  it("takes a user's own warm start, asynchronous or not", async () => {
    let asked = 0;
    const mine: WarmStart = {
      name: "mine",
      choice: "merit",
      candidates: async ({ scene, problem }) => {
        asked++;
        await Promise.resolve();
        return [{ name: "mine", guess: { U: pursue(problem, scene.x, scene.path) } }];
      },
    };
    const { summary, reports } = await watch({ ...world("clutter", 100), init: mine });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.init).toBe("mine");
    expect(asked).toBe(reports.filter((r) => r.scene !== undefined).length);
    expect(reports.filter((r) => r.solve !== undefined).every((r) => r.solve!.start === "mine")).toBe(true);
  });

  it("ends as failed, stopped, where a warm start throws again and again", async () => {
    const broken: WarmStart = {
      name: "broken",
      choice: "merit",
      candidates: () => {
        throw new Error("no model");
      },
    };
    const { summary, simulator } = await drive({ ...world("clutter", 100), init: broken });
    expect(summary.status).toBe("failed");
    expect(summary.note).toContain("no model");
    expect(simulator.state[3]).toBe(0);
  });

  it("survives a warm start that throws now and then or proposes nonsense", async () => {
    let tick = 0;
    const flaky: WarmStart = {
      name: "flaky",
      choice: "merit",
      candidates(input) {
        tick++;
        if (tick % 7 === 0) throw new Error("no model");
        if (tick % 5 === 0) return [{ name: "nan", guess: { U: new Float64Array(60).fill(Number.NaN) } }];
        if (tick % 3 === 0)
          return [
            { name: "wild", guess: { U: new Float64Array(60).map((_, i) => (i % 2 === 0 ? 99 : -99)) } },
          ];
        return getWarmStart("shift").candidates(input);
      },
    };
    const { summary } = await drive({ ...world("corridor", 100), init: flaky });
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.collisions).toBe(0);
  });

  it("never drives into contact, whatever the guess", async () => {
    const forward: WarmStart = {
      name: "forward",
      choice: "merit",
      candidates: () => [
        { name: "forward", guess: { U: new Float64Array(60).map((_, i) => (i % 2 === 0 ? 2 : 0)) } },
      ],
    };
    for (const family of ["cells", "maze"] as const) {
      const options = { ...world(family, 104), init: forward, iterations: 1, timeout_s: 15 };
      const { summary } = await drive({ ...options, sensor: "lidar" });
      expect(summary.collisions).toBe(0);
    }
  });
});
