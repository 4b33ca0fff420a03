import { describe, expect, it } from "vitest";
import { chooseStart, lowestMerits } from "../../src/planner/choose-start.ts";
import { type Plan, pathStart, pursue, shiftPlan, straightStart } from "../../src/planner/index.ts";
import { createPlannerParts, type TrajectoryPlannerOptions } from "../../src/planner/planner-parts.ts";
import { poseScene } from "../../src/planner/pose-scene.ts";
import { baseGuesses, baseStarts, getWarmStart, type NamedGuess } from "../../src/planner/warm-start.ts";
import { getRobot } from "../../src/sim/index.ts";
import { evaluateGuess, solveSqp } from "../../src/sqp/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const robot = getRobot("jackal");
const grid = room(8, 4);
fill(grid, 2.4, 1.2, 3.2, 3);
const scene = sceneAt(
  robot,
  grid,
  { x: 1, y: 2, yaw: 0 },
  along([
    [1, 2],
    [2, 0.6],
    [3.6, 0.6],
    [3.8, 2],
  ]),
);

/** A planner's parts, with the scene posed. */
function posed(options: Partial<TrajectoryPlannerOptions> = {}) {
  const parts = createPlannerParts({ robot, warmStart: getWarmStart("best"), maxIterations: 5, ...options });
  return { parts, ...poseScene(parts.problem, scene) };
}
const { parts, field, margin } = posed();
const { problem } = parts;
const guesses: NamedGuess[] = [
  { name: "straight", guess: straightStart(problem, scene) },
  { name: "path", guess: pathStart(problem, scene) },
  { name: "rest", guess: {} },
  { name: "nan", guess: { U: new Float64Array(60).fill(Number.NaN) } },
];

describe("the lowest merits", () => {
  it("are kept in the candidates' order; NaN is the worst", () => {
    const merits = new Map(
      guesses.map(({ name, guess }) => [name, evaluateGuess(problem.ocp, scene.x, guess).merit]),
    );
    const finite = [...merits].filter(([name]) => name !== "nan").sort((a, b) => a[1] - b[1]);
    for (const count of [1, 2, 3]) {
      const kept = lowestMerits(parts, scene, guesses, count).map(({ name }) => name);
      const best = new Set(finite.slice(0, count).map(([name]) => name));
      expect(kept).toEqual(guesses.map(({ name }) => name).filter((name) => best.has(name)));
    }
    expect(lowestMerits(parts, scene, guesses)).toBe(guesses);
  });
});

describe("the chosen start", () => {
  it("goes on from the winner's first QP as one solve, counted as one", () => {
    const { name, result } = chooseStart(parts, scene, [guesses[0], guesses[1], guesses[3]], 0);
    expect(name).toBe("path");
    expect(result.iterations).toBeGreaterThan(1);
    expect(result.history.map((row) => row.iteration)).toEqual(
      Array.from({ length: result.iterations + 1 }, (_, k) => k),
    );
    const one = solveSqp(problem.ocp, scene.x, guesses[1].guess, {
      tol: 1e-2,
      hessian: "full",
      maxIterations: 1,
    });
    expect(result.history.slice(0, 2)).toEqual(one.history);
  });

  it("reports the states of its guess: those proposed, those at hand, or those that its controls lead to", () => {
    const rolled = evaluateGuess(problem.ocp, scene.x, pathStart(problem, scene)).X;
    const proposed = rolled.map((value) => value + 0.01);
    const startOf = (start: Omit<NamedGuess, "name">) =>
      chooseStart(parts, scene, [{ name: "one", ...start }], 0).startX;
    expect([...startOf({ guess: pathStart(problem, scene) })]).toEqual([...rolled]);
    expect(startOf({ guess: pathStart(problem, scene), states: rolled })).toBe(rolled);
    expect(startOf({ guess: { X: proposed } })).toBe(proposed);
  });

  it("has less time to solve the more went by before", () => {
    let now = 0;
    const { parts: hurried } = posed({ deadline: 50, clock: () => now });
    const [start] = [guesses[1]];
    expect(chooseStart(hurried, scene, [start], 0).result.status).not.toBe("deadline");
    now = 60;
    expect(chooseStart(hurried, scene, [start], 0).result.status).toBe("deadline");
  });
});

describe("the base trajectories", () => {
  const solved = solveSqp(problem.ocp, scene.x, pathStart(problem, scene), { tol: 1e-3 });
  const lastPlan: Plan = { time: -0.1, dt: 0.1, X: solved.X, U: solved.U, K: solved.K };
  const input = { scene, problem, field, margin, lastPlan };

  it("are the pursuit of the path, rolled out, and what is left of the last plan", () => {
    const { path, shift } = baseStarts(input);
    expect([...path.U]).toEqual([...pursue(problem, scene.x, scene.path)]);
    expect([...path.X]).toEqual([...evaluateGuess(problem.ocp, scene.x, path.U).X]);
    expect(shift).toEqual(shiftPlan(problem, lastPlan, 0));
    expect(baseStarts({ ...input, lastPlan: undefined }).shift).toBeUndefined();
  });

  it("are what best, shift-or-path, shift and path begin with", async () => {
    const both = baseGuesses(baseStarts(input));
    const of = (name: string) => getWarmStart(name).candidates(input);
    expect(await of("best")).toEqual(both);
    expect(await of("shift-or-path")).toEqual(both);
    expect(await of("shift")).toEqual([both[0]]);
    expect(await of("path")).toEqual([both[1]]);
  });
});
