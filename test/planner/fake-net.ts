import type { NetHypothesis, NetInference, NetPrediction, NetScene } from "../../src/init-net/index.ts";
import {
  createNavigationProblem,
  type Plan,
  pathStart,
  type WarmStartInput,
} from "../../src/planner/index.ts";
import { computeDistanceField, getRobot } from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";
import { randomNet } from "../init-net/random-net.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

export const jackal = getRobot("jackal");
export const problem = createNavigationProblem(jackal);
export const { N } = problem.options;

/** A scene with a block beside the path, and a plan of a tenth of a second before. */
export function input(): WarmStartInput & { readonly lastPlan: Plan } {
  const grid = room(8, 5);
  fill(grid, 3, 1, 3.6, 2.4);
  const path = along([
    [1, 2],
    [2.5, 2.9],
    [4, 2.6],
  ]);
  const field = computeDistanceField(grid, { unknown: "free" });
  const before = sceneAt(jackal, grid, { x: 1, y: 2, yaw: 0.3 }, path);
  problem.set(before.goal, field, before.final, 0.04);
  const { X, U, K } = solveSqp(problem.ocp, before.x, pathStart(problem, before), { tol: 1e-4 });
  const lastPlan = { time: 0, dt: problem.options.dt, X, U, K };
  const scene = { ...before, time: 0.1, x: X.slice(5, 10) };
  return { scene, problem, field, margin: 0.04, lastPlan };
}

/** A network that answers as it is told, and remembers what it saw. */
export function fakeNet(answer: (scene: NetScene) => NetPrediction): NetInference & { seen: NetScene[] } {
  const seen: NetScene[] = [];
  return {
    seen,
    spec: randomNet(jackal, 3).spec,
    async predict(scene) {
      seen.push(scene);
      return answer(scene);
    },
  };
}

/** The path's trajectory, moved aside by `aside` metres. */
export function hypothesis({ bases }: NetScene, aside: number, score: number): NetHypothesis {
  const X = bases.path.X.map((value, i) => (i % 5 === 1 && i > 5 ? value + aside : value));
  return { X, U: bases.path.U, score };
}

export const three = (scene: NetScene): NetPrediction => ({
  status: "predicted",
  dropped: 0,
  hypotheses: [hypothesis(scene, 0, 3), hypothesis(scene, 0.04, 2), hypothesis(scene, 0.3, 1)],
});

export const failing = (): NetPrediction => ({ status: "nonFinite", note: "NaN came out" });
