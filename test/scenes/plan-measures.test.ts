import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { afterOneQp, countQps, createExpert, createSceneSolver } from "../../src/scenes/index.ts";
import { distinctFrom, isAt, meritShare } from "../../src/scenes/optimum-search.ts";
import { searchOptima, surveyOf } from "../../src/scenes/survey.ts";
import { getRobot } from "../../src/sim/index.ts";
import type { SqpIteration } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "../planner/scenes.ts";

const robot = getRobot("jackal");
const solver = createSceneSolver(robot);
const { problem } = solver;

const history = [0.5, 0.02, 0.004].map((kkt, iteration) => ({
  kkt,
  iteration,
  cost: 9 - iteration,
})) as unknown as readonly SqpIteration[];
const [guess, first] = [Float64Array.of(0), Float64Array.of(1)];

describe("what a solve is measured by", () => {
  test("QPs are counted to the first iterate within the tolerance, and as ten where there is none", () => {
    expect(countQps(history, 1e-1)).toEqual({ count: 1, converged: true });
    expect(countQps(history, 1e-2)).toEqual({ count: 2, converged: true });
    expect(countQps(history, 1e-3)).toEqual({ count: 10, converged: false });
  });

  test("the plan after one QP is the guess where its step was refused, and none where there is no iterate", () => {
    expect(afterOneQp(history, [guess, first])).toEqual({ cost: 8, X: first });
    expect(afterOneQp(history, [guess])).toEqual({ cost: 9, X: guess });
    expect(afterOneQp([], [])).toEqual({ cost: Number.POSITIVE_INFINITY, X: undefined });
  });
});

describe("two optima", () => {
  const { lookahead } = problem.options;
  const at = (x: number, merit: number) => ({ X: Float64Array.of(x, 0, 0, 0, 0), merit });

  test("are one within 2% of the lookahead and 1% of the merit, and two beyond a tenth of the lookahead", () => {
    const known = at(0, 20);
    const is = (share: number, merit: number) => isAt(problem, known, at(share * lookahead, 0).X, merit);
    expect([is(0.019, 20.19), is(0.021, 20), is(0.019, 20.21)]).toEqual([true, false, false]);
    const found = [0.09, 0.11].map((share) => ({
      ...at(share * lookahead, 21),
      status: "converged" as const,
    }));
    const named = found.map((one) => ({ ...one, start: "", cost: 0, violation: 0 }));
    expect(distinctFrom(problem, { ...named[0], ...known }, named)).toEqual([named[1]]);
    expect(meritShare(0.2, 0.1)).toBeCloseTo(0.1, 12); // beside a goal: of 1
  });
});

test("the search without economies finds the expert's solution, or a better one", () => {
  const expert = createExpert(robot);
  for (const offset of [-0.15, 0, 0.2]) {
    const grid = room(8, 8);
    fill(grid, 3.6, 3.6 + offset, 4.2, 4.4 + offset);
    const path = along([
      [2, 4],
      [5, 4],
    ]);
    const scene = sceneAt(robot, grid, { x: 2, y: 4, yaw: 0 }, path);
    const { best } = expert.label(scene, {}, createRng(1))!;
    const survey = surveyOf(problem, searchOptima(solver, { kind: "first", scene }, [], createRng(1)));
    expect(survey.best.merit).toBeLessThan(best.merit + meritShare(best.merit, 0.01));
  }
});
