import { describe, expect, it } from "vitest";
import { type Plan, pathStart, type Scene } from "../../src/planner/index.ts";
import { findFallback } from "../../src/planner/plan-scene.ts";
import { createPlannerParts, rememberPlan } from "../../src/planner/planner-parts.ts";
import { poseScene, sceneField } from "../../src/planner/pose-scene.ts";
import { getWarmStart } from "../../src/planner/warm-start.ts";
import { getRobot, type OccupancyGrid } from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const robot = getRobot("jackal");
const parts = createPlannerParts({ robot, warmStart: getWarmStart("path"), maxIterations: 10 });
const hall = room(12, 3);
const path = along([
  [1, 1.5],
  [5, 1.5],
]);

/** A plan down the hall from x = 1, at a moment. */
function planAt(time: number): Plan {
  const scene = sceneAt(robot, hall, { x: 1, y: 1.5, yaw: 0 }, path, { time, final: false });
  poseScene(parts.problem, scene);
  const { X, U, K } = solveSqp(parts.problem.ocp, scene.x, pathStart(parts.problem, scene), { tol: 1e-3 });
  return { time, dt: parts.problem.options.dt, X, U, K };
}

/** A scene on a plan, so much later. */
function sceneOn(plan: Plan, later: number, grid: OccupancyGrid = hall): Scene {
  const k = Math.min(30, Math.round(later / plan.dt));
  const x = plan.X.slice(5 * k, 5 * k + 5);
  return { ...sceneAt(robot, grid, { x: 1, y: 1.5, yaw: 0 }, path), time: plan.time + later, x };
}

const wall = (x: number): OccupancyGrid => {
  const grid = { ...hall, cells: hall.cells.slice() };
  fill(grid, x, 0, x + 0.2, 3);
  return grid;
};

describe("the fallback", () => {
  const plan = planAt(0);
  const take = (scene: Scene, state = { safePlan: plan }) =>
    findFallback(parts, state, scene, sceneField(scene.grid));

  it("is what is left of the last safe plan, from where the robot really is", () => {
    const scene = sceneOn(plan, 0.5);
    scene.x[1] += 0.05;
    const { source, plan: followed } = take(scene);
    expect(source).toBe("lastPlan");
    expect([...followed!.X.slice(0, 5)]).toEqual([...scene.x]);
    expect(followed!.time).toBe(0.5);
  });

  it("brakes where that runs into something, or is half over", () => {
    const moving = sceneOn(plan, 0.5);
    const reach = moving.x[0] + 1.2;
    for (const scene of [sceneOn(plan, 0.5, wall(reach)), { ...moving, time: 1.6 }]) {
      const { source, plan: brake } = take(scene);
      expect(source).toBe("brake");
      expect(brake!.U[0]).toBeLessThan(0);
    }
  });

  it("stops where even braking touches something, or nothing was ever planned at rest in contact", () => {
    const moving = sceneOn(plan, 1);
    expect(moving.x[3]).toBeGreaterThan(1);
    expect(take(sceneOn(plan, 1, wall(moving.x[0] + 0.35)))).toEqual({ source: "stop" });
  });

  it("is never the plan that came too late for its own tick, but the one before", () => {
    const older = planAt(-0.2);
    const state = rememberPlan(rememberPlan({}, older, true), plan, true);
    const scene = sceneOn(plan, 0);
    const own = take(scene, state as never);
    expect(own.source).toBe("lastPlan");
    expect(take(scene).source).toBe("brake"); // no older one
  });
});

describe("what a planner remembers", () => {
  const [a, b, c] = [0, 0.1, 0.2].map((time) => ({ ...planAt(0), time }));

  it("is the newest plan as a guess, the newest safe one and the safe one before as fallbacks", () => {
    const safe = rememberPlan(rememberPlan({}, a, true), b, true);
    expect(safe).toEqual({ lastPlan: b, safePlan: b, olderPlan: a });
    expect(rememberPlan(safe, c, false)).toEqual({ lastPlan: c, safePlan: b, olderPlan: a });
  });

  it("takes a second plan of the same moment in place of the first", () => {
    const safe = rememberPlan(rememberPlan({}, a, true), b, true);
    const again = { ...b };
    expect(rememberPlan(safe, again, true).olderPlan).toBe(a);
    expect(rememberPlan(safe, again, true).safePlan).toBe(again);
  });
});
