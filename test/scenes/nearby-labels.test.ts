import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createSceneSolver, type Example, readShard } from "../../src/scenes/index.ts";
import { type NearbyLabel, nearbyLabels } from "../../src/scenes/nearby-labels.ts";
import { type Optimum, optimumOf } from "../../src/scenes/optimum-search.ts";
import { getRobot } from "../../src/sim/index.ts";

const SAMPLE = new URL("../../datasets/sample/train-00000.arrow", import.meta.url);

describe("labels of states near that of a scene", () => {
  const solver = createSceneSolver(getRobot("jackal"));
  let example: Example;
  let best: Optimum;
  let labels: NearbyLabel[];

  beforeAll(() => {
    example = readShard(readFileSync(SAMPLE)).example(11); // an obstacle in the way
    solver.enter(example.scene, example.margin);
    best = optimumOf("sample", solver.solve({ U: example.optimum.U }, { tol: 1e-6 }));
    labels = nearbyLabels(solver, example.scene, best, 30, createRng(1));
  });

  test("most are kept, and are optima by a solve from each of them", () => {
    expect(labels.length).toBeGreaterThan(10);
    for (const { scene, optimum } of labels.slice(0, 10)) {
      const guess = { U: optimum.U, multipliers: optimum.Y };
      const solved = solver.solve(guess, { tol: 1e-6 }, scene.x);
      expect(solved.status).toBe("converged");
      expect(optimum.merit - solved.merit).toBeLessThan(1e-2 * Math.max(1, solved.merit));
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
    const unfinished = { ...best, status: "maxIterations" } as const;
    expect(nearbyLabels(solver, example.scene, unfinished, 5, createRng(2))).toEqual([]);
  });
});
