import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { collectScenes, createExpert, createSceneSolver } from "../../src/scenes/index.ts";
import { type NearbyLabel, nearbyLabels } from "../../src/scenes/nearby-labels.ts";
import type { Optimum } from "../../src/scenes/optimum-search.ts";
import { worldSource } from "../../src/scenes/scene-source.ts";
import { getRobot } from "../../src/sim/index.ts";

const robot = getRobot("jackal");

describe("labels of states near that of a scene", () => {
  let best: Optimum;
  let labels: NearbyLabel[];
  const solver = createSceneSolver(robot);

  beforeAll(async () => {
    const source = worldSource("clutter:8", [{ family: "clutter", seed: 8 }]);
    const [{ scene, lastPlan }] = await collectScenes({ source, robot, count: 1, seed: 0 });
    best = createExpert(robot).label(scene, { lastPlan }, createRng(0))!.best;
    solver.enter(scene);
    labels = nearbyLabels(solver, scene, best, 30, createRng(1));
  });

  test("most are optima, by a solve from each of them", () => {
    expect(labels.length).toBeGreaterThan(15);
    for (const { scene, optimum } of labels.slice(0, 10)) {
      const guess = { U: optimum.U, multipliers: optimum.Y };
      const solved = solver.solve(guess, { tol: 1e-6 }, scene.x);
      expect(solved.status).toBe("converged");
      expect(optimum.merit - solved.merit).toBeLessThan(5e-3 * Math.max(1, solved.merit));
    }
  });

  test("they begin where their scenes do, and are nearer to the optimum there than that of the scene is", () => {
    const gap = (a: Float64Array, b: Float64Array): number =>
      Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0));
    let better = 0;
    for (const { scene, optimum } of labels.slice(0, 10)) {
      expect(optimum.X.subarray(0, scene.x.length)).toEqual(scene.x);
      const { U } = solver.solve({ U: optimum.U, multipliers: optimum.Y }, { tol: 1e-6 }, scene.x);
      if (gap(optimum.U, U) < 0.5 * gap(best.U, U)) better++;
    }
    expect(better).toBeGreaterThanOrEqual(8);
  });

  test("there are none of a solution that has not converged", () => {
    const scene = labels[0].scene;
    expect(nearbyLabels(solver, scene, { ...best, status: "maxIterations" }, 5, createRng(2))).toEqual([]);
  });
});
