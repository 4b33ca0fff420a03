import { describe, expect, it } from "vitest";
import { createHandDrive, type DriveOptions, drive } from "../../src/drive/index.ts";
import {
  createNavigator,
  createTrajectoryPlanner,
  getWarmStart,
  type SensorSample,
} from "../../src/planner/index.ts";
import {
  createGrid,
  createKeepout,
  footprintContact,
  getRobot,
  linearSpeed,
  NO_LATENCY,
  type OccupancyGrid,
  type Pose,
  topSpeed,
} from "../../src/sim/index.ts";

/** A hall of 10 m by 6 m without a wall in it. */
const hall = createGrid(200, 120, 0.05, { x: 0, y: 0, yaw: 0 });

/** A mask of a rectangle, in cells of its own, turned about the rectangle's middle. */
function rectangle(
  [x0, x1]: readonly [number, number],
  [y0, y1]: readonly [number, number],
  value: number,
  resolution = 0.1,
  yaw = 0,
): OccupancyGrid {
  const [width, height] = [Math.round((x1 - x0) / resolution), Math.round((y1 - y0) / resolution)];
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const [mx, my] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const origin: Pose = {
    x: mx + c * (x0 - mx) - s * (y0 - my),
    y: my + s * (x0 - mx) + c * (y0 - my),
    yaw,
  };
  return createGrid(width, height, resolution, origin, value);
}

const across = (robot: string): Pick<DriveOptions, "grid" | "robot" | "start" | "goal" | "init"> => ({
  grid: hall,
  robot: getRobot(robot),
  start: { x: 1, y: 3, yaw: 0 },
  goal: { x: 9, y: 3 },
  init: "path",
});

describe("a keepout zone", () => {
  it.each(["jackal", "f1tenth"])("stops a %s that is driven at it by hand, and close to it", async (name) => {
    const { robot, ...scene } = across(name);
    const hand = createHandDrive(robot, 0.1, NO_LATENCY);
    const grid = rectangle([4, 5.5], [0, 6], 100);
    const by = { byHand: (sample: SensorSample) => hand.command(sample, { forward: 1, left: 0, turn: 0 }) };
    const driven = (zones: Partial<DriveOptions>) =>
      drive({ ...scene, robot, ...by, ...zones, timeout_s: 6 }).then(({ summary, simulator }) => ({
        zones: summary.zones,
        front: simulator.pose.x + Math.max(...robot.footprint.map(([x]) => x)),
      }));
    const kept = await driven({ keepout: { grid } });
    expect(kept.zones).toEqual({ keepout_s: 0 });
    expect(kept.front).toBeGreaterThan(3.4);
    expect(kept.front).toBeLessThan(4);
    expect((await driven({})).front).toBeGreaterThan(5.5);
  });

  it.each(["jackal", "f1tenth"])(
    "is driven around by a %s, whose way leads through it without",
    async (robot) => {
      const grid = rectangle([4, 5.5], [2, 4], 100, 0.08, 0.3);
      const zone = createKeepout({ grid });
      let touched = 0;
      const look: DriveOptions["onTick"] = (_, { pose, robot }) => {
        if (footprintContact(robot, pose, zone.grid)) touched++;
      };
      const { summary } = await drive({ ...across(robot), keepout: { grid }, onTick: look });
      expect([summary.status, touched, summary.zones]).toEqual(["reached", 0, { keepout_s: 0 }]);
      await drive({ ...across(robot), onTick: look });
      expect(touched).toBeGreaterThan(5);
    },
  );

  it.each(["jackal", "f1tenth"])(
    "is left by a %s that starts in it, by the shortest way and entered no more",
    async (robot) => {
      // 1.5 m from the robot to the lower side, 4 m along the way to the goal.
      const grid = rectangle([0, 5], [1.5, 6], 100);
      const zone = createKeepout({ grid });
      const inside: boolean[] = [];
      const { summary } = await drive({
        ...across(robot),
        keepout: { grid },
        onTick(_, { pose, robot }) {
          inside.push(zone.touches(robot, pose));
        },
      });
      expect(summary.status).toBe("reached");
      const out = inside.indexOf(false);
      expect(inside[0]).toBe(true);
      expect(inside.slice(out)).not.toContain(true);
      // Along the way to the goal it would be 4 m more.
      expect(summary.zones?.keepout_s).toBeLessThan(robot === "jackal" ? 4 : 8);
    },
  );

  it("with the goal in it is refused by name, also while the robot drives", async () => {
    const keepout = { grid: rectangle([8, 10], [2, 4], 100), name: "kitchen.yaml" };
    await expect(drive({ ...across("jackal"), keepout })).rejects.toThrow(
      "the goal (9, 3) lies in a zone of kitchen.yaml, expected one outside",
    );
    const { robot } = across("jackal");
    const planner = createTrajectoryPlanner({ robot, warmStart: getWarmStart("path"), maxIterations: 1 });
    const navigator = createNavigator({ robot, planner, keepout: createKeepout(keepout, keepout.name) });
    expect(() => navigator.setGoal({ x: 9, y: 3 })).toThrow("lies in a zone of kitchen.yaml");
    expect(navigator.setGoal({ x: 7, y: 3 })).toBe(true);
  });
});

describe("a speed zone", () => {
  // Values of 50 in a mask without numbers mean half of the largest speed; those of type 2 are in m/s.
  it.each([
    ["jackal", 0.5, {}],
    ["f1tenth", 0.2, { type: 2, base: 0, multiplier: 0.004 * 2 }],
    ["omni", 0.25, { type: 1, base: 0, multiplier: 0.5 }],
  ] as const)(
    "is driven through by a %s no faster than its limit from its edge on, and fast before and after",
    async (robot, share, meaning) => {
      const top = topSpeed(getRobot(robot));
      const grid = rectangle([3.5, 5], [0, 6], 50, 0.2, 0.2);
      const zone = createKeepout({ grid: { ...grid, cells: grid.cells.map(() => 100) } });
      let [fastest, before, after] = [0, 0, 0];
      const { summary } = await drive({
        ...across(robot),
        speedZones: { grid, ...meaning },
        onTick(_, { pose, state, robot }) {
          const speed = Math.abs(linearSpeed(robot, state));
          if (zone.contains(pose.x, pose.y)) fastest = Math.max(fastest, speed);
          else if (pose.x < 4) before = Math.max(before, speed);
          else after = Math.max(after, speed);
        },
      });
      expect(summary.status).toBe("reached");
      expect(fastest).toBeLessThanOrEqual(share * top);
      expect(fastest).toBeGreaterThan(0.8 * share * top);
      expect(summary.zones).toEqual({ overspeed_mps: 0 });
      expect(Math.min(before, after)).toBeGreaterThan(0.55 * top);
    },
  );
});
