import { beforeAll, describe, expect, it } from "vitest";
import { wrapAngle } from "../../src/base/index.ts";
import { resolveShockOptions, SHOCK_KINDS, type ShockKind } from "../../src/drive/index.ts";
import type { TickReport } from "../../src/planner/index.ts";
import { planGlobalPath } from "../../src/route/index.ts";
import {
  computeDistanceField,
  footprintContact,
  footprintDiscs,
  type Goal,
  OCCUPIED,
  type OccupancyGrid,
  type Pose,
} from "../../src/sim/index.ts";
import { watch, world } from "./runs.ts";

/** What a tick saw: where the robot was meant to go, where it was, and the true world. */
type Seen = {
  readonly report: TickReport;
  readonly pose: Pose;
  readonly grid: OccupancyGrid;
  readonly contact: boolean;
};

const options = world("maze", 10_003);
const home = options.goal;
const occupied = (grid: OccupancyGrid): number => grid.cells.filter((cell) => cell >= OCCUPIED).length;
const same = (a: Goal | undefined, b: Goal): boolean => a?.x === b.x && a?.y === b.y;

async function run(change: Partial<Parameters<typeof watch>[0]> = {}) {
  const seen: Seen[] = [];
  const { summary, reports, simulator } = await watch({
    ...options,
    shocks: {},
    ...change,
    onTick: (report, { pose, grid, contact }) => seen.push({ report, pose, grid, contact }),
  });
  return { summary, reports, simulator, seen };
}

describe("a run with shocks", () => {
  let runs: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    runs = await run();
  });

  it("suffers every kind and still ends at the scenario's goal, without contact", () => {
    const { summary, simulator } = runs;
    for (const kind of SHOCK_KINDS) expect(summary.shocks![kind], kind).toBeGreaterThan(0);
    expect(summary.status, summary.note).toBe("reached");
    expect(summary.collisions).toBe(0);
    expect(Math.hypot(simulator.pose.x - home.x, simulator.pose.y - home.y)).toBeLessThan(0.5);
  });

  it("counts as many goal switches as the robot is sent elsewhere, and sends it back each time", () => {
    const goals = runs.reports.map((report) => report.goal!);
    const changes = goals.filter((goal, k) => k > 0 && !same(goal, goals[k - 1]));
    const away = changes.filter((goal) => !same(goal, home));
    expect(away.length).toBe(runs.summary.shocks!.goal);
    expect(same(goals.at(-1), home)).toBe(true);
  });

  it("adds obstacles where the robot is not, and leaves it a way to the goal", () => {
    let added = 0;
    const radius = Math.max(...footprintDiscs(options.robot).map((disc) => disc.r));
    for (const [k, { grid, pose, contact }] of runs.seen.entries()) {
      expect(contact).toBe(false);
      if (k === 0 || grid === runs.seen[k - 1].grid) continue;
      added++;
      expect(occupied(grid)).toBeGreaterThan(occupied(runs.seen[k - 1].grid));
      expect(footprintContact(options.robot, pose, grid)).toBe(false);
      const field = computeDistanceField(grid, { unknown: "free" });
      expect(planGlobalPath(field, pose, home, { radius }).status).toBe("found");
    }
    expect(added).toBe(runs.summary.shocks!.obstacle);
  });

  it("moves the robot where its own speeds do not lead as often as it counts displacements", () => {
    const { aMax, alphaMax } = options.robot.limits as { aMax: number; alphaMax: number };
    const dt = 0.1;
    const jumps = runs.seen.filter(({ pose }, k) => {
      const before = runs.seen[k - 1];
      const x = before?.report.scene?.x;
      if (x === undefined) return false;
      // Speeds change by what the motors can in a tick: twice that, and a little, is nobody's drive.
      const [along, turn] = [Math.hypot(pose.x - x[0], pose.y - x[1]), wrapAngle(pose.yaw - x[2])];
      return (
        Math.abs(along - Math.abs(x[3]) * dt) > 2 * aMax * dt * dt ||
        Math.abs(turn - x[4] * dt) > 2 * alphaMax * dt * dt
      );
    });
    expect(jumps.length).toBe(runs.summary.shocks!.displaced);
  });

  it("is the same the second time, and another with another seed", async () => {
    const commands = (reports: readonly TickReport[]): unknown[] => reports.map((report) => report.command);
    const again = await run();
    expect(commands(again.reports)).toEqual(commands(runs.reports));
    const other = await run({ seed: 1 });
    expect(commands(other.reports)).not.toEqual(commands(runs.reports));
  });

  it("leaves the map it was given as it is", () => {
    expect(occupied(options.grid)).toBe(occupied(world("maze", 10_003).grid));
  });
});

describe("shocks", () => {
  it("of one kind only, and no more than asked for", async () => {
    for (const kind of SHOCK_KINDS) {
      const { summary } = await run({ shocks: { kinds: [kind], most: 2 } });
      const none: Record<ShockKind, number> = { goal: 0, displaced: 0, obstacle: 0 };
      expect(summary.shocks).toEqual({ ...none, [kind]: 2 });
    }
  });

  it("do not let a run end at a goal that was only for a while", async () => {
    // sent away for longer than any way takes: the robot arrives there, turns round, and is home in the end
    const { summary, seen } = await run({
      shocks: { kinds: ["goal"], most: 1, every_s: [2, 2], away_s: [90, 90] },
      timeout_s: 200,
    });
    const arrivals = seen.filter(({ report }) => report.phase === "arrived");
    expect(arrivals.some(({ report }) => !same(report.goal, home))).toBe(true);
    expect(summary.status).toBe("reached");
    expect(same(arrivals.at(-1)!.report.goal, home)).toBe(true);
  });

  it("are absent from the summary of an ordinary run", async () => {
    const { summary } = await watch({ ...world("clutter", 10_000) });
    expect(summary).not.toHaveProperty("shocks");
  });

  it("refuse options out of their range, with the legal values", () => {
    const make = (given: object) => () => resolveShockOptions(given);
    expect(make({ every_s: [0, 3] })).toThrow("every_s is [0, 3], expected [least, longest] seconds > 0");
    expect(make({ away_s: [3, 2] })).toThrow("away_s is [3, 2]");
    expect(make({ most: 1.5 })).toThrow("most is 1.5, expected an integer >= 0");
    expect(make({ kinds: [] })).toThrow("kinds is empty");
    expect(make({ kinds: ["quake"] })).toThrow(
      'kind of shock is "quake", expected one of goal, displaced, obstacle',
    );
  });
});
