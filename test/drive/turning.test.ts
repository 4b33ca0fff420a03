import { describe, expect, it } from "vitest";
import { type DriveSummary, drive } from "../../src/drive/index.ts";
import { turnModel, turnTime } from "../../src/route/index.ts";
import { type DifferentialRobot, type Goal, getRobot, type Pose, type Robot } from "../../src/sim/index.ts";
import { fill, room } from "../planner/scenes.ts";

/** A robot that takes ten seconds to turn round. */
const slow: DifferentialRobot = {
  name: "slow turner",
  source: "made up",
  model: "differential",
  footprint: [
    [-0.2, -0.15],
    [0.2, -0.15],
    [0.2, 0.15],
    [-0.2, 0.15],
  ],
  limits: { vMin: -0.2, vMax: 0.4, wMax: 0.3, aMax: 0.1, alphaMax: 0.2 },
};
const omni = getRobot("omni");
const deg = Math.PI / 180;

type Run = Pick<DriveSummary, "status" | "time" | "recoveries"> & {
  /** Driven backwards. [m] */ readonly back: number;
  /** Where it ended. */ readonly end: Pose;
};

async function run(robot: Robot, start: Pose, goal: Goal, size = 6): Promise<Run> {
  let back = 0;
  let end = start;
  const { summary } = await drive({
    grid: room(size, 4),
    robot,
    start,
    goal,
    init: "shift",
    timeout_s: 100,
    onTick: ({ scene, pose }) => {
      back += 0.1 * Math.max(0, -(scene?.x[3] ?? 0));
      end = pose;
    },
  });
  return { status: summary.status, time: summary.time, recoveries: summary.recoveries, back, end };
}

describe("a turn on the spot", () => {
  for (const [robot, turn] of [
    [slow, 150 * deg],
    [getRobot("turtlebot4"), Math.PI],
    [{ ...omni, limits: { ...omni.limits, wMax: 0.6 } } as Robot, -170 * deg],
  ] as const) {
    it(`of ${Math.round(turn / deg)} degrees takes a ${robot.name} its own time`, async () => {
      const goal = { x: 2, y: 2, yaw: 0.3 + turn };
      const { status, time, recoveries, end } = await run(robot, { x: 2, y: 2, yaw: 0.3 }, goal, 4);
      const own = turnTime(turnModel({ ...robot, reverse: "discouraged" }, 0)!, turn);
      expect(status).toBe("reached");
      expect(recoveries).toBe(0);
      expect(time).toBeLessThan(1.1 * own + 1.5);
      expect(Math.cos(end.yaw - goal.yaw)).toBeGreaterThan(Math.cos(3 * deg));
    });
  }
});

describe("a robot with its back to a far goal", () => {
  for (const [robot, far] of [
    [getRobot("turtlebot4"), 2],
    [slow, 3],
    [getRobot("jackal"), 8],
  ] as const) {
    it(`turns round, a ${robot.name}, in the time of a forward start and the turn`, async () => {
      const start = { x: far + 2, y: 2, yaw: 0 };
      const away = await run(robot, start, { x: 2, y: 2 }, far + 4);
      const towards = await run(robot, { ...start, yaw: Math.PI }, { x: 2, y: 2 }, far + 4);
      expect(away.status).toBe("reached");
      expect(away.back).toBeLessThan(0.5);
      expect(away.time).toBeLessThan(1.15 * towards.time + turnTime(turnModel(robot, 0)!, Math.PI));
    });
  }

  it("never goes backwards where its file forbids it", async () => {
    const robot = { ...getRobot("turtlebot4"), reverse: "never" } as Robot;
    const { status, back } = await run(robot, { x: 3, y: 2, yaw: 0 }, { x: 2.3, y: 2 });
    expect(status).toBe("reached");
    expect(back).toBeLessThan(0.02);
  });
});

describe("a robot in an alley that it cannot turn in", () => {
  const grid = room(8, 4);
  fill(grid, 4, 0, 8, 1.7);
  fill(grid, 4, 2.3, 8, 4);
  for (const [name, init] of [
    ["jackal", "shift"],
    ["jackal", "best"],
    ["omni", "shift"],
  ] as const) {
    it(`backs out, a ${name} from ${init}, and turns outside`, async () => {
      const { summary, simulator } = await drive({
        grid,
        robot: getRobot(name),
        start: { x: 5.5, y: 2, yaw: 0 },
        goal: { x: 1, y: 1 },
        init,
        timeout_s: 20,
      });
      expect(summary.status, summary.note).toBe("reached");
      expect(summary.recoveries).toBe(0);
      if (name === "jackal") expect(Math.cos(simulator.state[2])).toBeLessThan(0);
    });
  }
});

describe("a robot that arrives", () => {
  for (const name of ["jackal", "f1tenth"]) {
    it(`stops at the goal, not at the edge of the tolerance: a ${name}`, async () => {
      const goal = { x: 5, y: 2.2 };
      const { status, end } = await run(getRobot(name), { x: 2, y: 2, yaw: 0 }, goal, 8);
      expect(status).toBe("reached");
      expect(Math.hypot(end.x - goal.x, end.y - goal.y)).toBeLessThan(0.05); // a fifth of the tolerance
    });
  }
});
