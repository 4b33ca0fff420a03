import { describe, expect, it } from "vitest";
import { chooseStart } from "../../src/planner/choose-start.ts";
import { createNavigationProblem, getWarmStart, poseScene, type Scene } from "../../src/planner/index.ts";
import { moverContact } from "../../src/planner/mover-check.ts";
import { createPlannerParts } from "../../src/planner/planner-parts.ts";
import { baseStarts } from "../../src/planner/warm-start.ts";
import { getRobot, type Mover, type OccupancyGrid, robotSizes } from "../../src/sim/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const jackal = getRobot("jackal");
const { nx } = robotSizes(jackal);
const path = along([
  [2, 5],
  [8, 5],
]);
const mover = (change: Partial<Mover> = {}): Mover => ({
  id: 1,
  x: 4,
  y: 5,
  vx: 0,
  vy: 0,
  radius: 0.3,
  ...change,
});
const sceneWith = (movers: readonly Mover[], grid: OccupancyGrid = room(10, 10)): Scene => {
  const scene = sceneAt(jackal, grid, { x: 2, y: 5, yaw: 0 }, path, { movers });
  scene.x[3] = 1;
  return scene;
};
const startsOf = (scene: Scene) => {
  const problem = createNavigationProblem(jackal);
  const { field, margin } = poseScene(problem, scene);
  return baseStarts({ scene, problem, field, margin }).besides ?? [];
};

describe("starts beside a mover", () => {
  it("wait, pass on the left and on the right of one who stands in the way", () => {
    const starts = startsOf(sceneWith([mover()]));
    expect(starts.map(({ name }) => name)).toEqual(["wait", "left", "right"]);
    const [wait, left, right] = starts.map(({ X }) => X);
    const besides = (X: Float64Array): number => {
      const ys = Array.from({ length: X.length / nx }, (_, k) => X.subarray(k * nx)).filter(
        (x) => x[0] > 3.7 && x[0] < 4.3,
      );
      expect(ys.length).toBeGreaterThan(0);
      return ys.reduce((sum, x) => sum + x[1], 0) / ys.length;
    };
    expect(besides(left)).toBeGreaterThan(5.4);
    expect(besides(right)).toBeLessThan(4.6);
    expect(wait[wait.length - nx]).toBeLessThan(2.5);
    expect(Math.abs(wait[wait.length - nx + 3])).toBeLessThan(1e-3);
  });

  it("are none where nobody is met, nor where one of the trajectories at hand meets nobody", () => {
    expect(startsOf(sceneWith([mover({ y: 8 })]))).toEqual([]);
    expect(startsOf(sceneWith([]))).toEqual([]);
    expect(startsOf(sceneAt(jackal, room(10, 10), { x: 2, y: 5, yaw: 0 }, path))).toEqual([]);
  });

  it("leave out the side on which a wall is", () => {
    const grid = room(10, 10);
    fill(grid, 0, 5.5, 10, 5.8);
    expect(startsOf(sceneWith([mover()], grid)).map(({ name }) => name)).toEqual(["wait", "right"]);
  });

  it("give a plan that touches nobody where the path alone leads into somebody", () => {
    const scene = sceneWith([mover({ x: 6.5, vx: -1 })]);
    const parts = createPlannerParts({ robot: jackal, warmStart: getWarmStart("best"), maxIterations: 3 });
    const { field, margin } = poseScene(parts.problem, scene);
    const candidates = parts.options.warmStart.candidates({ scene, problem: parts.problem, field, margin });
    if (candidates instanceof Promise) throw new Error("no network");
    const { result } = chooseStart(parts, scene, candidates, 0);
    expect(moverContact(jackal, result.X, 0.1, scene.movers!)).toBe(-1);
  });

  it("lose where they are worth no more than the plan that is followed", () => {
    const scene = sceneWith([mover()]);
    const parts = createPlannerParts({ robot: jackal, warmStart: getWarmStart("best"), maxIterations: 1 });
    const { field, margin } = poseScene(parts.problem, scene);
    const [start] = baseStarts({ scene, problem: parts.problem, field, margin }).besides!;
    const guess = { U: start.U };
    const nameOf = (...names: string[]) =>
      chooseStart(
        parts,
        scene,
        names.map((name) => ({ name, guess })),
        0,
      ).name;
    expect(nameOf("wait", "shift")).toBe("shift");
    expect(nameOf("shift", "left")).toBe("shift");
    expect(nameOf("other", "shift")).toBe("other");
  });
});
