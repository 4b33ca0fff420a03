import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRng } from "../../src/base/index.ts";
import { constraintLayout } from "../../src/ocp/index.ts";
import { type Scene, shiftPlan } from "../../src/planner/index.ts";
import {
  createExpert,
  type Example,
  SCENE_KINDS,
  type ShardInfo,
  writeShard,
} from "../../src/scenes/index.ts";
import { createGrid, getRobot, robotSizes } from "../../src/sim/index.ts";

const robot = getRobot("jackal");

/** Solved scenes: a straight path past a few boxes; every second one with a last plan. */
export function makeExamples(count: number, split: Example["split"], seed: number): Example[] {
  const rng = createRng(seed);
  const expert = createExpert(robot, { tol: 1e-3, maxIterations: 8 });
  const { nx, nu } = robotSizes(robot);
  const { N, lookahead } = expert.problem.options;
  const examples: Example[] = [];
  for (let n = 0; n < count; n++) {
    const grid = createGrid(80, 80, 0.1, { x: -4, y: -4, yaw: 0 });
    for (let box = 0; box < 3; box++) {
      const [i, j] = [48 + rng.int(25), 25 + rng.int(30)];
      for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) grid.cells[(j + a) * 80 + i + b] = 100;
    }
    const yaw = 0.4 * rng.gauss();
    const goal = { x: lookahead, y: rng.gauss() };
    const scene: Scene = {
      time: 1,
      x: Float64Array.of(0, 0, yaw, rng.uniform(), 0),
      goal,
      final: false,
      grid,
      path: Float64Array.of(0, 0, goal.x / 2, goal.y / 2, goal.x, goal.y),
    };
    const label = expert.label(scene, {}, rng);
    if (label === undefined) throw new Error("the test's scene has no solution");
    const first = n % 2 === 0;
    const K = new Float64Array(N * nu * nx);
    const { X, U } = label.best;
    const { dt } = expert.problem.options;
    examples.push({
      kind: first ? "first" : "ordinary",
      split,
      world: { family: "clutter", seed: seed * 1000 + (n >> 3) },
      tick: n,
      robot: robot.name,
      scene,
      ...(first ? {} : { lastPlan: shiftPlan(expert.problem, { time: 0.9, dt, X, U, K }, 1) }),
      margin: label.margin,
      optimum: label.best,
      qps: { path: label.qps.path, ...(first ? {} : { shift: label.qps.path }) },
      alternatives: [],
    });
  }
  return examples;
}

/** Writes examples as a shard of a data set. */
export function writeExamples(folder: string, file: string, examples: readonly Example[]): void {
  mkdirSync(folder, { recursive: true });
  const { problem } = createExpert(robot);
  const { nx, nu } = robotSizes(robot);
  const { ocp, options } = problem;
  const info: ShardInfo = {
    sizes: { nx, nu, N: ocp.N, m: constraintLayout(ocp).m / ocp.N },
    dt: options.dt,
    lookahead: options.lookahead,
    robot: robot.name,
    worlds: ["clutter:0"],
    examples: examples.length,
    kinds: Object.fromEntries(
      SCENE_KINDS.map((kind) => [kind, examples.filter((e) => e.kind === kind).length]),
    ),
  };
  writeFileSync(join(folder, file), writeShard(examples, info));
}
