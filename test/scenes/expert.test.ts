import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { pathStart, poseScene, type Scene } from "../../src/planner/index.ts";
import { createExpert, QP_TOLERANCES, type SceneLabel } from "../../src/scenes/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "../planner/scenes.ts";

const robot = getRobot("jackal");
const expert = createExpert(robot);
const { ocp, options } = expert.problem;
const { lookahead } = options;
const NX = 5;

/** A room with a block on the straight path, nearer to the path's left than to its right. */
function blocked(offset: number): Scene {
  const grid = room(8, 8);
  fill(grid, 3.6, 4 - 0.4 + offset, 4.2, 4 + 0.4 + offset);
  const path = along([
    [2, 4],
    [5, 4],
  ]);
  return sceneAt(robot, grid, { x: 2, y: 4, yaw: 0 }, path);
}

const label = (scene: Scene, seed = 1): SceneLabel => expert.label(scene, {}, createRng(seed))!;
const apart = (a: Float64Array, b: Float64Array): number => {
  let worst = 0;
  for (let i = 0; i < a.length; i += NX)
    worst = Math.max(worst, Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1]));
  return worst;
};

describe("the expert", () => {
  test("its answer is a solution: a solve from it, with its multipliers, needs no QP", () => {
    const scene = blocked(0.1);
    const { best, margin } = label(scene);
    expect(best.status).toBe("converged");
    poseScene(expert.problem, scene, undefined, margin);
    const again = solveSqp(ocp, scene.x, { U: best.U, multipliers: best.Y }, { tol: 1e-4 });
    expect([again.status, again.iterations]).toEqual(["converged", 0]);
    expect(again.merit).toBeCloseTo(best.merit, 9);
    expect(again.violation).toBeCloseTo(best.violation, 9);
  });

  test("around a block it takes the shorter side, whichever that is; what is mirrored has a mirrored answer", () => {
    const [left, right] = [label(blocked(-0.15)), label(blocked(0.15))];
    const middle = (found: SceneLabel): number => {
      const { X } = found.best;
      let y = 0;
      for (let i = 0; i < X.length; i += NX) if (X[i] < 3.9) y = X[i + 1] - 4;
      return y;
    };
    expect(middle(left)).toBeGreaterThan(0.3);
    expect(middle(right)).toBeLessThan(-0.3);
    // Cells are 5 cm and the block's edges lie between them differently on the two sides.
    expect(Math.abs(left.best.merit - right.best.merit)).toBeLessThan(0.05 * left.best.merit);
  });

  test("it is never worse than a start alone, and better than the path's where that leads the longer way", () => {
    const scene = blocked(0.15);
    const { best, margin } = label(scene);
    poseScene(expert.problem, scene, undefined, margin);
    const alone = solveSqp(ocp, scene.x, pathStart(expert.problem, scene), { tol: 1e-4, maxIterations: 60 });
    expect(best.merit).toBeLessThanOrEqual(alone.merit * (1 + 1e-6));
    const wrong = solveSqp(
      ocp,
      scene.x,
      pathStart(expert.problem, {
        ...scene,
        path: along([
          [2, 4],
          [3.2, 5.2],
          [4.6, 5.2],
          [5.5, 4],
        ]),
      }),
      { tol: 1e-4, maxIterations: 60 },
    );
    expect(best.merit).toBeLessThan(0.98 * wrong.merit);
  });

  test("other solutions are solutions too, dearer, in order, and some way off each other", () => {
    const patient = createExpert(robot, { patient: true });
    const found = patient.label(blocked(0.02), {}, createRng(2))!;
    expect(found.others.length).toBeGreaterThanOrEqual(1);
    const all = [found.best, ...found.others];
    for (const [i, a] of all.entries()) {
      expect(a.status).toBe("converged");
      for (const b of all.slice(i + 1)) {
        expect(a.merit).toBeLessThanOrEqual(b.merit);
        expect(apart(a.X, b.X)).toBeGreaterThan(0.1 * lookahead);
      }
    }
  });

  test("QPs are counted as a solve from the start alone counts them", () => {
    const scene = blocked(0.15);
    const { qps, margin } = label(scene);
    poseScene(expert.problem, scene, undefined, margin);
    for (const [i, tol] of QP_TOLERANCES.entries()) {
      const { iterations, status } = solveSqp(ocp, scene.x, pathStart(expert.problem, scene), {
        tol,
        maxIterations: 40,
      });
      // The expert's QPs are solved less exactly, which may cost or save one.
      if (status === "converged") expect(Math.abs(qps.path[i]! - iterations)).toBeLessThanOrEqual(1);
    }
    expect(qps.shift).toBeUndefined();
  });

  test("the same scene and seed give the same answer, whatever was solved before", () => {
    const first = label(blocked(0.1));
    label(blocked(-0.1), 3);
    expect(label(blocked(0.1))).toEqual(first);
  });

  test("a scene with NaN in it has no label", () => {
    const scene = blocked(0);
    const x = scene.x.slice();
    x[3] = Number.NaN;
    expect(expert.label({ ...scene, x }, {}, createRng(1))).toBeUndefined();
  });
});
